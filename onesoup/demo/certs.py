"""A certification authority for one demo server: its certificate in one file, and a server certificate signed by it.

The authority's key is never stored: nobody can sign anything else with an authority that a person may have trusted.
"""

import datetime
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from onesoup.demo.process import make_private, write_private

CERTIFICATE_LIFETIME = datetime.timedelta(days=800)
# Made anew when less is left.
RENEW_BEFORE_EXPIRY = datetime.timedelta(days=30)


def ensure(directory: Path, names: Iterable[str]) -> tuple[Path, Path, Path]:
    """(authority, certificate, key): files for a server of these names, made when missing, expiring or for other names."""
    ca, certificate, key = directory / "ca.crt", directory / "server.crt", directory / "server.key"
    names = list(names)
    if not (ca.exists() and key.exists() and _covers(certificate, names)):
        make_private(directory)
        _make(ca, certificate, key, names)
    return ca, certificate, key


def _covers(path: Path, names: list[str]) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    left = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    return left > RENEW_BEFORE_EXPIRY and set(names) <= set(known.get_values_for_type(x509.DNSName))


def _make(ca: Path, certificate: Path, key: Path, names: list[str]) -> None:
    now = datetime.datetime.now(datetime.UTC)
    ca_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "onesoup demo authority")])

    def builder(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + CERTIFICATE_LIFETIME)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        )

    signing = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    authority = (
        builder(issuer, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signing, critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    server = (
        builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]), server_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    write_private(ca, authority.public_bytes(serialization.Encoding.PEM).decode())
    plain = server_key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private(key, plain.decode())
    write_private(certificate, server.public_bytes(serialization.Encoding.PEM).decode())
