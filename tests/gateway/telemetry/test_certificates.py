from pathlib import Path

from tests.support.certificates import Authority
from weir.gateway.telemetry.certificates import CertificateExpiry


def test_a_certificate_has_its_end_also_after_it_was_replaced(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    file = authority.issue("gateway", "DNS:gateway").cert
    expiry = CertificateExpiry({"server.tls": file, "gone": tmp_path / "gone.pem"})

    ((name, first_s),) = expiry.values()
    file.write_bytes(b"not a certificate, and of another size")
    unreadable = [*expiry.values()]
    authority.own.cert.replace(file)
    ((_, second_s),) = expiry.values()

    assert name == ("server.tls",)
    assert 0 < first_s - file.stat().st_mtime <= 86_400 + 60
    assert unreadable == []
    assert abs(second_s - first_s) < 60


def test_of_several_certificates_in_a_file_the_first_to_expire_counts(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    chain = tmp_path / "chain.pem"
    issued = authority.issue("gateway", "DNS:gateway").cert
    chain.write_bytes(authority.own.cert.read_bytes() + issued.read_bytes())

    (of_chain,) = CertificateExpiry({"a": chain}).values()
    (of_authority,) = CertificateExpiry({"a": authority.own.cert}).values()

    assert of_chain == of_authority
