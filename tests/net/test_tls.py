import asyncio
import ssl
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from wsserver.errors import ConfigError
from wsserver.net.settings import TlsSettings
from wsserver.net.tls import SELF_SIGNED_DAYS, server_context


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def files(authority: trustme.CA, tmp_path: Path) -> TlsSettings:
    issued = authority.issue_cert("localhost")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return TlsSettings(mode="files", certificate=certificate, key=key)


async def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLObject:
    """Connect *client* to *server* in memory; give the client's side."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    there = server.wrap_bio(to_server, to_client, server_side=True)
    waiting = [here, there]
    while waiting:
        side = waiting.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            waiting.append(side)
        await asyncio.sleep(0)
    return here


def peer(side: ssl.SSLObject) -> x509.Certificate:
    raw = side.getpeercert(binary_form=True)
    assert raw is not None
    return x509.load_der_x509_certificate(raw)


def without_checks() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_a_plain_port_has_no_context() -> None:
    assert server_context(TlsSettings()) is None


async def test_a_certificate_from_files_is_shown(files: TlsSettings, authority: trustme.CA) -> None:
    server, client = server_context(files), ssl.create_default_context()
    authority.configure_trust(client)
    assert server is not None

    side = await shake_hands(server, client)

    assert side.version() == "TLSv1.3"


async def test_a_certificate_made_on_the_spot_names_this_machine() -> None:
    server = server_context(TlsSettings(mode="self"))
    assert server is not None

    certificate = peer(await shake_hands(server, without_checks()))

    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    assert {"127.0.0.1", "::1"} <= {
        str(address) for address in names.get_values_for_type(x509.IPAddress)
    }
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert life.days == SELF_SIGNED_DAYS + 1


async def test_two_starts_make_two_certificates() -> None:
    servers = [server_context(TlsSettings(mode="self")) for _ in range(2)]

    shown = [peer(await shake_hands(s, without_checks())) for s in servers if s is not None]

    assert shown[0].serial_number != shown[1].serial_number


def test_old_versions_of_tls_are_not_spoken(files: TlsSettings) -> None:
    context = server_context(files)

    assert context is not None
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("missing", ["certificate", "key"])
def test_a_file_that_is_missing_is_named(missing: str, files: TlsSettings) -> None:
    path = getattr(files, missing)
    path.unlink()

    with pytest.raises(ConfigError, match=f"cannot read the {missing} {path}: No such file"):
        server_context(files)


@pytest.mark.parametrize("missing", ["certificate", "key"])
def test_files_have_to_be_given(missing: str, files: TlsSettings) -> None:
    given = {"certificate": files.certificate, "key": files.key, missing: None}

    with pytest.raises(ConfigError, match=f"without a {missing}"):
        server_context(TlsSettings(mode="files", **given))


@pytest.mark.parametrize("broken", ["certificate", "key"])
def test_a_file_that_is_no_pem_is_named(broken: str, files: TlsSettings) -> None:
    getattr(files, broken).write_text("nonsense")

    with pytest.raises(ConfigError) as caught:
        server_context(files)

    assert str(getattr(files, broken)) in str(caught.value)


def test_a_key_of_another_certificate_is_refused(files: TlsSettings) -> None:
    assert files.key is not None
    files.key.write_bytes(trustme.CA().issue_cert("localhost").private_key_pem.bytes())

    with pytest.raises(ConfigError, match="KEY_VALUES_MISMATCH"):
        server_context(files)


def test_a_key_with_a_password_is_refused_without_asking_for_it(files: TlsSettings) -> None:
    assert files.key is not None
    key = load_pem_private_key(files.key.read_bytes(), None)
    locked = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    files.key.write_bytes(locked)

    with pytest.raises(ConfigError, match="found an encrypted key"):
        server_context(files)


def test_nothing_is_printed_and_no_file_is_left(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    server_context(TlsSettings(mode="self"))

    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []
