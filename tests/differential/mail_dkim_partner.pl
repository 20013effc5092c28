#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Mail::DKIM for dkim_differential.py: a line of JSON in, a line of JSON out; octets as base64.
#   {"do": "sign", "message": ..., "key": BASE64 OF DER, "domain": ..., "selector": ...,
#    "method": "relaxed/simple", "headers": "a:b"} -> {"fields": [FIELD]}
#   {"do": "verify", "message": ..., "zone": {NAME: TXT}}
#     -> {"findings": [{"result": ..., "reason": ...}...]} in the order of the fields
use strict;
use warnings;

use JSON::PP;
use MIME::Base64;
use Mail::DKIM::DNS;
use Mail::DKIM::PrivateKey;
use Mail::DKIM::Signer;
use Mail::DKIM::Verifier;
use Net::DNS;

# Answers from the zone of the request; Mail::DKIM asks for no more of a resolver than this.
package Zone {
    sub new { my ( $class, $records ) = @_; return bless { records => $records }, $class }
    sub errorstring { return 'NOERROR' }

    sub send {
        my ( $self, $name, $type ) = @_;
        my $packet = Net::DNS::Packet->new( $name, $type );
        my $text   = $self->{records}{ lc $name };
        if ( defined $text ) {
            my @strings = unpack '(a255)*', $text;
            $packet->push( answer => Net::DNS::RR->new(
                name => $name, type => 'TXT', txtdata => \@strings ) );
        }
        else { $packet->header->rcode('NXDOMAIN') }
        return $packet;
    }
}

sub finding_of {
    my ($signature) = @_;
    my $detail = $signature->result_detail // '';
    $detail =~ s/[^ -~]/?/g;
    return { result => $signature->result, reason => $detail };
}

sub verify_message {
    my ($request) = @_;
    Mail::DKIM::DNS::resolver( Zone->new( $request->{zone} ) );
    my $verifier = Mail::DKIM::Verifier->new;
    $verifier->PRINT( decode_base64( $request->{message} ) );
    $verifier->CLOSE;
    return { findings => [ map { finding_of($_) } $verifier->signatures ] };
}

sub sign_message {
    my ($request) = @_;
    my $signer = Mail::DKIM::Signer->new(
        Algorithm => 'rsa-sha256',
        Method    => $request->{method},
        Domain    => $request->{domain},
        Selector  => $request->{selector},
        Headers   => $request->{headers},
        Key       => Mail::DKIM::PrivateKey->load( Data => $request->{key} ),
    );
    $signer->PRINT( decode_base64( $request->{message} ) );
    $signer->CLOSE;
    return { fields => [ map { encode_base64( $_->as_string, '' ) } $signer->signatures ] };
}

$| = 1;
while ( defined( my $line = <STDIN> ) ) {
    my $request = decode_json($line);
    my $answer  = eval {
        $request->{do} eq 'sign' ? sign_message($request) : verify_message($request);
    } // { fault => "$@" };
    print encode_json($answer), "\n";
}
