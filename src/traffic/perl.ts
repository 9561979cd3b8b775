import { WHOAMI } from '../plan/dns.ts';
import { CLIENT_PORTS } from './client-ports.ts';

const { first: FIRST_PORT, count: PORTS, file: PORT_FILE } = CLIENT_PORTS;

/** Perl's `next_port`: a client port that is new on its node. It needs `use Fcntl`. */
export const NEXT_PORT = String.raw`sub next_port {
  sysopen(my $file, '${PORT_FILE}', O_RDWR | O_CREAT) or die "${PORT_FILE}: $!\n";
  flock($file, 2) or die "flock: $!\n";
  my $last = <$file>;
  my $next = (defined $last && $last =~ /^\d+$/ ? $last + 1 - ${FIRST_PORT} : 0) % ${PORTS} + ${FIRST_PORT};
  seek($file, 0, 0); truncate($file, 0); print $file $next; close $file;
  return $next;
}`;

/**
 * Perl's `question` for `whoami`, by datagram or over a stream, and `text_of` an answer: whether that is all, the
 * server, the problem.
 */
export const QUESTION = String.raw`sub text_of {
  my ($answer, $id) = @_;
  return (0) if length($answer) < 12;
  my ($got, $flags, $questions, $answers) = unpack('n4', $answer);
  return (0) if $got != $id;
  return (1, '', 'DNS error ' . ($flags & 15)) if $flags & 15;
  return (1, '', 'an answer without a text') if $answers < 1;
  my $at = 12;
  my $name = sub { while (my $length = ord(substr($answer, $at, 1))) { if ($length > 63) { $at++; last } $at += $length + 1 } $at++; };
  for (1 .. $questions) { $name->(); $at += 4 }
  $name->();
  my ($kind) = unpack('n', substr($answer, $at, 2));
  return (1, '', 'an answer of another kind') if $kind != 16;
  return (1, substr($answer, $at + 11, ord(substr($answer, $at + 10, 1))), '');
}
sub question {
  my ($id, $stream) = @_;
  my $question = pack('n6', $id, 0x0100, 1, 0, 0, 0) . pack('C/a*', '${WHOAMI}') . pack('Cnn', 0, 16, 1);
  return $stream ? pack('n/a*', $question) : $question;
}`;
