"""Sosie's own authority for TLS, judged by the clients that meet it (docs/contract/clients.md §6)."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sosie.crypto.authority import Authority, HostNotPermittedError

NOW = datetime.now(UTC)  # noqa: TID251  openssl, node and Python judge by the machine's clock
CLOUD = ["identity.bitwarden.com", "api.bitwarden.com", "push.bitwarden.com", "identity.bitwarden.eu"]
HOSTS = [
    *CLOUD,
    "localhost",
    "us.localhost",
    "sosie.test",
    "*.sosie.test",
    "127.0.0.1",
    "::1",
    "172.17.0.1",
    "fd00::1",
]

AUTHORITY = Authority.create(NOW)
CHAIN, KEY = AUTHORITY.issue(HOSTS, NOW)
LEAF = x509.load_pem_x509_certificate(CHAIN.encode())

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")


def forge(names, usage=ExtendedKeyUsageOID.SERVER_AUTH):
    """A certificate that the authority's key signed although `issue` would not: what a stolen key could do."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sosie test host")]))
        .issuer_name(AUTHORITY.certificate.subject)
        .public_key(LEAF.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    )
    for extension in LEAF.extensions:
        if not isinstance(extension.value, x509.SubjectAlternativeName | x509.ExtendedKeyUsage):
            builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(AUTHORITY.private_key, SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("authority")
    (path / "ca.pem").write_text(AUTHORITY.certificate_pem)
    (path / "chain.pem").write_text(CHAIN)
    (path / "key.pem").write_text(KEY)
    return path


def openssl_verify(folder, certificate, *more):
    (folder / "leaf.pem").write_text(certificate)
    options = ["-x509_strict", "-purpose", "sslserver", "-no-CApath", "-no-CAstore", "-CAfile", "ca.pem"]
    command = ["openssl", "verify", *options, *more, "leaf.pem"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)


@pytest.fixture
def server(folder):
    """The port of a TLS server that shows the chain and says hello to whoever accepts it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(connection, server_side=True) as secure:
                        secure.sendall(b"hello")
                except OSError:
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@needs_openssl
@pytest.mark.parametrize("host", ["identity.bitwarden.com", "us.localhost", "sosie.test", "api.sosie.test"])
def test_openssl_in_strict_mode_accepts_a_certificate_for_its_names(folder, host):
    checked = openssl_verify(folder, CHAIN, "-verify_hostname", host)
    assert checked.stdout == "leaf.pem: OK\n", checked.stderr


@needs_openssl
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "172.17.0.1", "fd00::1"])
def test_openssl_in_strict_mode_accepts_a_certificate_for_its_addresses(folder, address):
    checked = openssl_verify(folder, CHAIN, "-verify_ip", address)
    assert checked.stdout == "leaf.pem: OK\n", checked.stderr


@needs_openssl
def test_openssl_accepts_a_certificate_for_addresses_alone(folder):
    chain, _ = AUTHORITY.issue(["127.0.0.1"], NOW)
    assert openssl_verify(folder, chain, "-verify_ip", "127.0.0.1").stdout == "leaf.pem: OK\n"


@needs_openssl
@pytest.mark.parametrize(
    "name",
    [
        x509.DNSName("bank.example"),
        x509.DNSName("notbitwarden.com"),
        x509.DNSName("bitwarden.com.example"),
        x509.IPAddress(ip_address("8.8.8.8")),
        x509.IPAddress(ip_address("2606:4700::1")),
    ],
)
def test_openssl_refuses_what_a_stolen_authority_key_signs_for_anybody_else(folder, name):
    assert openssl_verify(folder, forge([x509.DNSName("localhost")])).returncode == 0
    refused = openssl_verify(folder, forge([x509.DNSName("localhost"), name]))
    assert "permitted subtree violation" in refused.stderr


@needs_openssl
@pytest.mark.parametrize(("purpose", "usage"), [("sslclient", "CLIENT_AUTH"), ("smimesign", "EMAIL_PROTECTION")])
def test_openssl_refuses_what_a_stolen_authority_key_signs_for_another_purpose(folder, purpose, usage):
    certificate = forge([x509.DNSName("localhost")], getattr(ExtendedKeyUsageOID, usage))
    refused = openssl_verify(folder, certificate, "-purpose", purpose)
    assert "error 26 at 1 depth" in refused.stderr


@needs_node
def test_node_talks_to_a_host_of_the_authority_once_it_is_trusted(folder, server):
    script = """
      const tls = require('tls'), [, port, ...hosts] = process.argv;
      (async () => {
        for (const host of hosts) await new Promise(done => {
          const named = /[a-z]/.test(host) && !host.includes(':') ? {servername: host} : {};
          const socket = tls.connect({port, host: '127.0.0.1', ...named, checkServerIdentity:
            (_, certificate) => tls.checkServerIdentity(host, certificate)});
          socket.on('data', data => { console.log(host, String(data)); socket.destroy(); done(); });
          socket.on('error', error => { console.log(host, error.code); done(); });
        });
      })();
    """
    hosts = ["identity.bitwarden.eu", "api.sosie.test", "127.0.0.1", "::1", "vault.bitwarden.com"]
    command = ["node", "-e", script, str(server), *hosts]
    environment = {"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(folder / "ca.pem")}
    trusting = subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout
    assert trusting.splitlines() == [
        *(f"{host} hello" for host in hosts[:-1]),
        "vault.bitwarden.com ERR_TLS_CERT_ALTNAME_INVALID",
    ]
    del environment["NODE_EXTRA_CA_CERTS"]
    strange = subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout
    assert strange.splitlines() == [f"{host} SELF_SIGNED_CERT_IN_CHAIN" for host in hosts]


@pytest.mark.parametrize("host", ["localhost", "push.bitwarden.com", "127.0.0.1", "fd00::1"])
def test_python_in_strict_mode_talks_to_a_host_of_the_authority(folder, server, host):
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default since Python 3.13
    with (
        socket.create_connection(("127.0.0.1", server)) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        assert secure.recv(5) == b"hello"


def test_a_certificate_names_exactly_the_hosts_it_was_issued_for():
    names = LEAF.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == HOSTS


def test_hosts_are_named_once_and_in_lower_case():
    chain, _ = AUTHORITY.issue(["Sosie.TEST", "sosie.test", "::1", "0:0::1"], NOW)
    names = x509.load_pem_x509_certificate(chain.encode()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert [str(name.value) for name in names.value] == ["sosie.test", "::1"]


def test_a_certificate_is_valid_for_397_days_and_the_authority_for_ten_years():
    assert LEAF.not_valid_after_utc - LEAF.not_valid_before_utc == timedelta(days=397)
    certificate = AUTHORITY.certificate
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=3650)
    assert LEAF.not_valid_before_utc < NOW - timedelta(hours=1)


def test_no_certificate_outlives_the_authority():
    late = AUTHORITY.certificate.not_valid_after_utc - timedelta(days=3)
    leaf = x509.load_pem_x509_certificate(AUTHORITY.issue(["localhost"], late)[0].encode())
    assert leaf.not_valid_after_utc == AUTHORITY.certificate.not_valid_after_utc
    with pytest.raises(ValueError, match="valid from"):
        AUTHORITY.issue(["localhost"], late + timedelta(days=3))


def test_subject_and_issuer_say_that_this_is_not_bitwarden():
    assert AUTHORITY.certificate.subject.rfc4514_string() == "CN=Sosie test authority (not Bitwarden)"
    assert LEAF.subject.rfc4514_string() == "CN=Sosie test host (not Bitwarden)"


def test_the_chain_is_the_hosts_certificate_and_then_the_authoritys():
    assert x509.load_pem_x509_certificates(CHAIN.encode()) == [LEAF, AUTHORITY.certificate]


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "example.com",
        "sosie",
        "notbitwarden.com",
        "bitwarden.com.example",
        "com",
        "*.com",
        "*",
        "a.*.test",
        "a..test",
        "-a.test",
        "a b.test",
        "a.test.",
        "a.test\n",
        "é.test",
        "x" * 64 + ".test",
        "8.8.8.8",
        "0.0.0.0",
        "172.32.0.1",
        "::ffff:127.0.0.1",
        "[::1]",
        "127.0.0.1:8787",
        "https://localhost",
    ],
)
def test_a_host_that_clients_would_refuse_gets_no_certificate(host):
    with pytest.raises(HostNotPermittedError):
        AUTHORITY.issue(["localhost", host], NOW)


def test_a_certificate_needs_a_host():
    with pytest.raises(HostNotPermittedError):
        AUTHORITY.issue([], NOW)


def test_an_authority_read_back_from_its_pem_text_is_the_same_authority():
    again = Authority.from_pem(AUTHORITY.to_pem())
    assert again.certificate == AUTHORITY.certificate
    leaf = x509.load_pem_x509_certificate(again.issue(["localhost"], NOW)[0].encode())
    leaf.verify_directly_issued_by(AUTHORITY.certificate)


def test_a_text_that_is_no_authority_is_refused():
    stranger = Authority.create(NOW)
    key = stranger.to_pem().removesuffix(stranger.certificate_pem)
    for text in ("", AUTHORITY.certificate_pem, key, key + AUTHORITY.certificate_pem):
        with pytest.raises(ValueError):  # noqa: PT011  the library's own text
            Authority.from_pem(text)
