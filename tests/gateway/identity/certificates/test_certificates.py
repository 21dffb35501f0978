"""From client certificates, and the field of a proxy with one, to identities."""

from datetime import UTC, datetime, timedelta
from ssl import DER_cert_to_PEM_cert
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from tests.support.certificates import Authority
from tests.support.credentials import credential_of
from tests.support.fake_clock import FakeClock
from weir.gateway.context import Identity
from weir.gateway.errors import WeirError
from weir.gateway.identity.attempts import AttemptLimits, Attempts
from weir.gateway.identity.certificates.authenticator import CertificateAuthenticator
from weir.gateway.identity.certificates.certificate import read_certificate
from weir.gateway.identity.certificates.forwarded import forwarded_pem
from weir.gateway.identity.completion import Grants

SUBJECT = "/O=Acme, Inc./OU=operator/OU=reader/CN=robot"
NAMES = "URI:spiffe://a/robot,DNS:robot.test,DNS:other.test,email:robot@a.test"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def robot(authority: Authority) -> str:
    return authority.issue("robot", NAMES, SUBJECT).cert.read_text()


def authenticator(clock: FakeClock) -> CertificateAuthenticator:
    return CertificateAuthenticator(
        forwarded_pem,
        ("organizational_unit",),
        Grants((("operator", frozenset({"titles:write"})),)),
        Attempts(AttemptLimits(), clock),
        clock,
    )


def outcome(authenticator: CertificateAuthenticator, value: str) -> Identity | str:
    credential = credential_of(value, "192.0.2.1")
    try:
        return authenticator.known(credential.digest) or authenticator.verify_now(
            credential
        )
    except WeirError as error:
        return error.code


def clock_before_the_end(pem: str, left_s: float) -> FakeClock:
    clock = FakeClock()
    clock.advance(read_certificate(pem).expires_s - left_s - clock.epoch_s())
    return clock


def test_the_names_of_a_certificate_are_claims(robot: str) -> None:
    read = read_certificate(robot)

    assert read.subject == "CN=robot,OU=reader,OU=operator,O=Acme\\, Inc."
    assert read.issuer == "CN=authority"
    assert dict(read.claims) == {
        "common_name": ("robot",),
        "organization": ("Acme, Inc.",),
        "organizational_unit": ("operator", "reader"),
        "uri": ("spiffe://a/robot",),
        "dns": ("robot.test", "other.test"),
        "email": ("robot@a.test",),
    }


@pytest.mark.parametrize(
    ("alternative", "subject"),
    [
        ("DNS:a.test,URI:spiffe://a/b", "spiffe://a/b"),
        ("email:b@a.test,DNS:a.test", "a.test"),
        ("email:b@a.test", "b@a.test"),
    ],
)
def test_without_a_subject_the_first_alternative_name_is_the_caller(
    authority: Authority, alternative: str, subject: str
) -> None:
    pem = authority.issue("nameless", alternative, "/").cert.read_text()

    assert read_certificate(pem).subject == subject


def test_roles_are_those_of_the_claim_and_grant_scopes(robot: str) -> None:
    clock = clock_before_the_end(robot, 60)

    found = outcome(authenticator(clock), f"Cert={quote(robot)}")

    assert isinstance(found, Identity)
    assert found.method == "client_certificate"
    assert found.roles == {"operator", "reader"}
    assert found.scopes == {"titles:write"}
    assert found.cache_partition


def test_a_certificate_ends_while_its_connection_is_open(robot: str) -> None:
    clock = clock_before_the_end(robot, 60)
    certificates = authenticator(clock)

    assert isinstance(outcome(certificates, f"Cert={quote(robot)}"), Identity)
    clock.advance(61)
    assert outcome(certificates, f"Cert={quote(robot)}") == "CLIENT_CERTIFICATE_EXPIRED"


def with_alternative_names(der: bytes) -> str:
    """Return a certificate whose alternative names are these bytes."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "robot")])
    begin = datetime.fromtimestamp(FakeClock().epoch_s(), UTC)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=1))
        .add_extension(
            x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, der),
            critical=False,
        )
    )
    made = builder.sign(key, hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x02\xa3\x00", b"\x02\x01\x01"])
def test_alternative_names_that_cannot_be_read_are_an_error(der: bytes) -> None:
    pem = with_alternative_names(der)

    assert outcome(authenticator(FakeClock()), f"Cert={quote(pem)}") == MALFORMED


@pytest.mark.parametrize("tag", range(31))
def test_no_type_of_a_name_raises_anything_else(authority: Authority, tag: int) -> None:
    """The types of strings in a name (X.680), of which most are not for names."""
    issued = authority.issue("typed", "DNS:a.test", "/CN=robot").cert.read_bytes()
    der = x509.load_pem_x509_certificate(issued).public_bytes(Encoding.DER)
    typed = der.replace(b"\x0c\x05robot", bytes([tag, 5]) + b"\x00obot")
    assert typed != der
    clock = clock_before_the_end(issued.decode(), 60)

    found = outcome(authenticator(clock), f"Cert={quote(DER_cert_to_PEM_cert(typed))}")

    assert isinstance(found, Identity) or found == MALFORMED


MALFORMED = "CLIENT_CERTIFICATE_MALFORMED"
VALUES = {
    "By=spiffe://a/proxy;Hash=0f1e;Cert=CERT": "",
    'Hash=0f1e;Subject="CN=a\\",O=\\"b;c=d";Cert="CERT"': "",
    "cert=CERT;": "",
    "": MALFORMED,
    "Cert=": MALFORMED,
    "Cert=a": MALFORMED,
    "Hash=0f1e;URI=spiffe://a/b": MALFORMED,
    "Cert=CERT,Cert=CERT": MALFORMED,
    "Cert=CERT, ": MALFORMED,
    # The first element is of a client, and a proxy has appended the second.
    "Cert=CERT,By=spiffe://a/proxy;Hash=0f1e": MALFORMED,
    "Hash=0f1e,Cert=CERT": MALFORMED,
    "Cert=CERT;Cert=CERT": MALFORMED,
    'Subject="a;Cert=CERT': MALFORMED,
    "URI=a=b;Cert=CERT": "",
    'URI=a"b;Cert=CERT': MALFORMED,
    " Cert=CERT": MALFORMED,
}


@pytest.mark.parametrize(("value", "code"), VALUES.items())
def test_a_field_with_one_certificate_is_accepted(
    robot: str, value: str, code: str
) -> None:
    clock = clock_before_the_end(robot, 60)

    found = outcome(authenticator(clock), value.replace("CERT", quote(robot)))

    assert (found if isinstance(found, str) else "") == code


@given(st.text(st.sampled_from('Ccert=;,"\\% \u00ff%41'), max_size=60))
def test_no_field_raises_anything_else(value: str) -> None:
    assert isinstance(outcome(authenticator(FakeClock()), value), str)
