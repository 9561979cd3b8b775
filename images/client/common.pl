# What programs on a client need in common. It is not run by itself: it stands before each of them, after a line that sets the variables below.
use strict;
use warnings;
use Fcntl qw(O_RDWR O_CREAT LOCK_EX);
our ($PORT_FILE, $FIRST_PORT, $PORTS, $WHOAMI, $LIMIT);

# A client port that is new on its node (see src/traffic/client-ports.ts).
sub next_port {
  sysopen(my $file, $PORT_FILE, O_RDWR | O_CREAT) or die "$PORT_FILE: $!\n";
  flock($file, LOCK_EX) or die "flock: $!\n";
  my $last = <$file>;
  my $next = (defined $last && $last =~ /^\d+$/ ? $last + 1 - $FIRST_PORT : 0) % $PORTS + $FIRST_PORT;
  seek($file, 0, 0); truncate($file, 0); print $file $next; close $file;
  return $next;
}

# The text of a DNS answer: whether that is all, the server, the problem.
sub text_of {
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

# A question for $WHOAMI, by datagram or over a stream.
sub question {
  my ($id, $stream) = @_;
  my $question = pack('n6', $id, 0x0100, 1, 0, 0, 0) . pack('C/a*', $WHOAMI) . pack('Cnn', 0, 16, 1);
  return $stream ? pack('n/a*', $question) : $question;
}
