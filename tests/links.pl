#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# links.pl PAGE...: says which links of these Markdown pages lead to no file, or to no
# heading of that page. Fails if there is one.

use strict;
use warnings;
use File::Basename qw(dirname);
use File::Spec;

# As the forges make anchors of headings.
sub anchors {
    my ($page) = @_;
    open my $file, '<:encoding(UTF-8)', $page or die "$page: $!\n";
    my %found;
    while (my $line = <$file>) {
        next unless $line =~ /^#+ +(.*?) *$/;
        my $anchor = lc $1;
        $anchor =~ s/\[([^\]]*)\]\([^)]*\)/$1/g;
        $anchor =~ s/[^\w\- ]//g;
        $anchor =~ tr/ /-/;
        $found{$anchor} = 1;
    }
    return \%found;
}

my $bad = 0;
for my $page (@ARGV) {
    open my $file, '<:encoding(UTF-8)', $page or die "$page: $!\n";
    while (my $line = <$file>) {
        my $at = "$page:$.";
        while ($line =~ /\]\(([^)\s]+)\)/g) {
            my $link = $1;
            my ($path, $anchor) = split /#/, $link, 2;
            next if $path =~ /^https?:/;
            my $target = $path eq '' ? $page : File::Spec->catfile(dirname($page), $path);
            next if -e $target && (!defined $anchor || anchors($target)->{$anchor});
            print "$at: $link is not there\n";
            $bad = 1;
        }
    }
}
exit $bad;
