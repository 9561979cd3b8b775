# Asks a DNS server for $WHOAMI and prints ADDRESS PORT SERVER ERROR of each question, separated by tabs. Datagrams from many
# ports, new ones or a list of ADDRESS/PORT, go out in order, and then all their answers are waited for. `drill` is what a
# person would use, but it neither says which port it asked from nor keeps it.
# usage: PROTOCOL VIP PORT COUNT one|many|ADDRESS/PORT,... SECONDS (common.pl stands before it)
use strict;
use warnings;
use Socket qw(:all);
my ($protocol, $vip, $port, $count, $ports, $limit) = @ARGV;
$| = 1;
my $type = $protocol eq 'udp' ? SOCK_DGRAM : SOCK_STREAM;
my ($error, $to) = getaddrinfo($vip, $port, { flags => AI_NUMERICHOST | AI_NUMERICSERV, socktype => $type });
die "$vip: $error\n" if $error;
my @from = $ports =~ /\// ? map { [split /\//] } split(/,/, $ports) : ();
sub open_socket {
  my ($host, $own) = @_;
  socket(my $socket, $to->{family}, $type, 0) or die "socket: $!\n";
  if ($own) {
    my ($wrong, $mine) = getaddrinfo($host, $own, { flags => AI_NUMERICHOST | AI_NUMERICSERV, socktype => $type });
    return ($socket, $wrong ? "$wrong" : bind($socket, $mine->{addr}) ? '' : "$!");
  }
  for (1 .. 100) {
    my $mine = next_port();
    last if bind($socket, $to->{family} == AF_INET ? pack_sockaddr_in($mine, INADDR_ANY) : pack_sockaddr_in6($mine, IN6ADDR_ANY));
  }
  return ($socket, '');
}
# The socket waits no longer than this: a connection attempt, too.
sub bound { my ($socket, $left) = @_; my $time = pack('l!l!', int($left), ($left - int($left)) * 1e6);
  setsockopt($socket, SOL_SOCKET, SO_RCVTIMEO, $time); setsockopt($socket, SOL_SOCKET, SO_SNDTIMEO, $time); }
# What has come of a question: whether that is all, the server, the problem.
sub receive {
  my ($asked) = @_;
  defined recv($asked->{socket}, my $more, 65535, 0) or return (1, '', "$!");
  return text_of($more, $asked->{id}) if $type == SOCK_DGRAM;
  return (1, '', 'the server closed the connection') if $more eq '';
  $asked->{read} .= $more;
  return (0) if length($asked->{read}) < 2 || length($asked->{read}) < 2 + unpack('n', $asked->{read});
  return text_of(substr($asked->{read}, 2), $asked->{id});
}
# Waits for the answers to all of these at once.
sub wait_for {
  my @open = grep { $_->{problem} eq '' } @_;
  my $end = time + $limit + 1; # whole seconds: the one that has begun does not count
  while (@open && (my $left = $end - time) > 0) {
    my $ready = ''; vec($ready, fileno($_->{socket}), 1) = 1 for @open;
    next if select($ready, undef, undef, $left) < 1;
    for my $asked (grep { vec($ready, fileno($_->{socket}), 1) } @open) {
      my ($done, $server, $problem) = receive($asked);
      @$asked{qw(done server problem)} = (1, $server, $problem) if $done;
    }
    @open = grep { !$_->{done} } @open;
  }
  $_->{problem} = "no answer within $limit s" for @open;
}
my ($socket, $failed, @sent);
for my $number (1 .. $count) {
  my $asked = { id => ($$ + $number) % 65536, server => '', problem => '', read => '' };
  if ($ports ne 'one' || !$socket) {
    ($socket, $asked->{problem}) = open_socket(@{$from[$number - 1] || []});
    bound($socket, $limit);
    $asked->{problem} = "$!" unless $asked->{problem} ne '' || connect($socket, $to->{addr});
  }
  $asked->{socket} = $socket;
  if ($asked->{problem} eq '') { defined send($socket, question($asked->{id}, $type == SOCK_STREAM), 0) or $asked->{problem} = "$!" }
  push @sent, $asked;
  # From one port, or over a connection, one after the other.
  wait_for($asked) if $ports eq 'one' || $type == SOCK_STREAM;
  last if $ports eq 'one' && $asked->{problem} ne '';
}
wait_for(grep { !$_->{done} } @sent);
for my $asked (@sent) {
  my $own = getsockname($asked->{socket});
  my ($none, $address, $mine) = $own ? getnameinfo($own, NI_NUMERICHOST | NI_NUMERICSERV) : ('', '', 0);
  print join("\t", $address, $mine, $asked->{server}, $asked->{problem}), "\n";
}
