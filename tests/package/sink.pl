# Takes what a chat notifier sends, at 127.0.0.1:8088, and keeps it. Minimal Debian has no other language that listens.
use strict;
use IO::Socket::INET;
my ($file) = @ARGV;
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 8088, Listen => 16, ReuseAddr => 1) or die "cannot listen: $!";
while (my $client = $server->accept) {
    my $size = 0;
    while (my $line = <$client>) {
        $size = $1 if $line =~ /^content-length:\s*(\d+)/i;
        last if $line =~ /^\r?\n$/;
    }
    my $body = '';
    read($client, $body, $size) if $size;
    open(my $kept, '>>', $file) or die "cannot keep: $!";
    print $kept "$body\n";
    close $kept;
    print $client "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    close $client;
}
