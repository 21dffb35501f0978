"""From a certificate (RFC 5280) to the names in it, which become claims."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from weir.gateway.identity.errors import ClientCertificateMalformed
from weir.gateway.json_types import JSONValue

_OF_SUBJECT: Final = {
    "common_name": NameOID.COMMON_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizational_unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
}
_UNREADABLE: Final = (
    ValueError,
    # The library raises it for a name that is a bit string.
    TypeError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_ALTERNATIVE: Final = ("uri", "dns", "email")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCertificate:
    """The names in a certificate, and its end in seconds since 1970.

    `subject` is the distinguished name (RFC 4514). If there is none, it is the first
    alternative name: a URI, or else a DNS name or an email address. `issuer` is the
    distinguished name of the authority. Each claim is a tuple of texts.
    """

    subject: str
    issuer: str
    claims: Mapping[str, JSONValue]
    expires_s: float


def read_certificate(pem: str) -> ReadCertificate:
    """Return the names in a certificate; raise ClientCertificateMalformed."""
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode("ascii"))
        names = dict(_names(certificate))
        distinguished = certificate.subject.rfc4514_string()
        issuer = certificate.issuer.rfc4514_string()
        expires_s = certificate.not_valid_after_utc.timestamp()
    except _UNREADABLE as error:
        detail = "The client certificate cannot be read."
        raise ClientCertificateMalformed(detail) from error
    alternative = next((names[each][0] for each in _ALTERNATIVE if each in names), "")
    subject = distinguished or alternative
    if not subject:
        detail = "The client certificate has no subject and no alternative name."
        raise ClientCertificateMalformed(detail)
    return ReadCertificate(
        subject=subject,
        issuer=issuer,
        claims=MappingProxyType(names),
        expires_s=expires_s,
    )


def _names(certificate: x509.Certificate) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the names of each kind that the certificate has."""
    for claim, oid in _OF_SUBJECT.items():
        of_subject = certificate.subject.get_attributes_for_oid(oid)
        yield from _claim(claim, (str(each.value) for each in of_subject))
    try:
        extension = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return
    alternative = extension.value
    yield from _claim(
        "uri", alternative.get_values_for_type(x509.UniformResourceIdentifier)
    )
    yield from _claim("dns", alternative.get_values_for_type(x509.DNSName))
    yield from _claim("email", alternative.get_values_for_type(x509.RFC822Name))


def _claim(name: str, values: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    if found := tuple(values):
        yield name, found
