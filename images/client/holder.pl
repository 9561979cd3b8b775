# Opens connections from one client one after the other, asks on each who is there, and keeps it open until told. It reads
# `open ID APPLICATION PROTOCOL VIP PORT ADDRESS PORT`, `close ID` and `reset ID`, and answers each with a line. Over UDP a
# connection is a socket of its own: its port is new, as the director remembers datagrams for long.
# (common.pl stands before it; $LIMIT: seconds that a connection, and its answer, may take)
use strict;
use warnings;
use IO::Socket::IP;
use Socket qw(SOCK_STREAM SOCK_DGRAM SOL_SOCKET SO_LINGER SO_RCVTIMEO SO_SNDTIMEO AF_INET);
$| = 1;
my %held;

# More of an answer, or what went wrong.
sub more {
  my ($socket) = @_; $! = 0;
  return '' if sysread $socket, $_[1], 65535, length $_[1];
  return $!{EAGAIN} ? "no answer within $main::LIMIT s" : 'the connection ended: ' . ($! || 'no answer');
}
sub ask_web {
  my ($socket, $host) = @_; my $got = ''; my $name = $host =~ /:/ ? "[$host]" : $host;
  syswrite $socket, "GET / HTTP/1.1\r\nHost: $name\r\n\r\n";
  until ($got =~ /\r\n\r\n/) { my $why = more($socket, $got); return ('', $why) if $why ne '' }
  return $got =~ /^X-Real-Server: (\S+)/mi ? ($1, '') : ('', 'an answer without X-Real-Server');
}
sub ask_dns {
  my ($socket, $id, $stream) = @_; my $got = ''; my $end = time + $main::LIMIT + 1;
  defined syswrite $socket, question($id, $stream) or return ('', "$!");
  while (time < $end) {
    $got = '' unless $stream;
    my $why = more($socket, $got); return ('', $why =~ s/^the connection ended: //r) if $why ne '';
    next if $stream && (length $got < 2 || length $got < 2 + unpack 'n', $got);
    my ($done, $server, $problem) = text_of($stream ? substr($got, 2) : $got, $id);
    return ($server, $problem) if $done;
  }
  return ('', "no answer within $main::LIMIT s");
}
sub connected {
  my ($protocol, $host, $port, $address, $source) = @_;
  my @to = (PeerHost => $host, PeerPort => $port, ($address ne '-' ? (LocalHost => $address) : ()));
  push @to, $protocol eq 'tcp' ? (Type => SOCK_STREAM, Timeout => $main::LIMIT) : (Type => SOCK_DGRAM);
  # A datagram's port is not shared: one that a program has is its own.
  return IO::Socket::IP->new(@to, LocalPort => $source, ($protocol eq 'tcp' ? (ReuseAddr => 1) : ())) if $source;
  for (1 .. 100) { my $socket = IO::Socket::IP->new(@to, LocalPort => next_port()); return $socket if $socket || !$!{EADDRINUSE} }
}
sub wrapped {
  my ($socket) = @_;
  require IO::Socket::SSL;
  return IO::Socket::SSL->start_SSL($socket, SSL_verify_mode => 0, Timeout => $main::LIMIT);
}
while (<STDIN>) {
  my ($verb, $id, $application, $protocol, $host, $port, $address, $source) = split;
  if ($verb eq 'open') {
    my $socket = connected($protocol, $host, $port, $address, $source);
    if (!$socket) { my $why = $! || $@; print join("\t", $id, '', 0, '', $why), "\n"; next }
    $socket->blocking(1); $held{$id} = $socket;
    my @own = ($socket->sockhost, $socket->sockport);
    setsockopt $socket, SOL_SOCKET, $_, pack('l!l!', $main::LIMIT, 0) for SO_RCVTIMEO, SO_SNDTIMEO;
    if ($application eq 'https' && !wrapped($socket)) { print join("\t", $id, @own, '', 'TLS: ' . (IO::Socket::SSL::errstr() || $!)), "\n"; next }
    my @answer = $application eq 'dns' ? ask_dns($socket, $id % 65536, $protocol eq 'tcp') : ask_web($socket, $host);
    print join("\t", $id, @own, @answer), "\n";
  } else {
    my $socket = delete $held{$id};
    if ($socket) {
      # Without lingering, closing sends a reset, and nothing of the connection stays at the client.
      setsockopt $socket, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0) if $verb eq 'reset' && $socket->socktype == SOCK_STREAM;
      $socket->isa('IO::Socket::SSL') ? $socket->close(SSL_no_shutdown => $verb eq 'reset') : close $socket;
    }
    print "$id\n";
  }
}
