"""Networks as they are written in a setting, and who belongs to one."""

from __future__ import annotations

import pytest

from sosie.domain.addresses import is_let_in, parse_networks


def test_an_address_is_a_network_of_one():
    networks = parse_networks("198.51.100.7,2001:db8::7")
    assert is_let_in("198.51.100.7", networks)
    assert is_let_in("2001:db8::7", networks)
    assert not is_let_in("198.51.100.8", networks)
    assert not is_let_in("2001:db8::8", networks)


def test_blanks_and_commas_too_many_are_no_networks():
    assert parse_networks(" 203.0.113.0/24 , ,198.51.100.0/24,") == parse_networks("203.0.113.0/24,198.51.100.0/24")
    assert parse_networks("") == parse_networks(" , ") == ()


def test_no_networks_let_everybody_in():
    assert is_let_in("198.51.100.7", ())
    assert is_let_in("", ())


@pytest.mark.parametrize("text", ["203.0.113.0/33", "203.0.113.7/24", "sosie.example.test", "203.0.113.0-9", "*"])
def test_what_is_no_network_is_refused(text):
    with pytest.raises(ValueError, match=r"network|octet|Expected|host bits"):
        parse_networks(f"198.51.100.0/24,{text}")


@pytest.mark.parametrize("address", ["", "unknown", "203.0.113.7, 198.51.100.7", "203.0.113.7:443", "203.0.113.007"])
def test_who_cannot_be_told_is_not_let_in(address):
    assert not is_let_in(address, parse_networks("0.0.0.0/0,::/0"))


def test_an_ipv4_address_in_ipv6_notation_is_the_ipv4_address():
    networks = parse_networks("203.0.113.0/24")
    assert is_let_in("::ffff:203.0.113.7", networks)
    assert not is_let_in("::ffff:198.51.100.7", networks)
