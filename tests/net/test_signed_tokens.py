import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from wsserver.errors import BadMessage, ClientError, ConfigError
from wsserver.net.signed_tokens import (
    LONGEST,
    BadSignedToken,
    Grant,
    SignedTokens,
    TokenExpired,
    is_signed,
    thumbprint,
)
from wsserver.net.used_tokens import UsedTokens

NOW = 1_800_000_000.0
KEY = bytes(range(32))
FOREIGN = Ed25519PrivateKey.from_private_bytes(bytes(32))
PEM = FOREIGN.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
GRANT = Grant(subject="ann", scope=("speak",), seconds=60)
CLAIMS: dict[str, Any] = {
    "iss": "wsserver",
    "aud": "wsserver",
    "sub": "ann",
    "scope": "speak",
    "iat": NOW,
    "exp": NOW + 60,
    "jti": "one",
}


class Watch:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def tokens(watch: Watch | None = None, key: bytes = KEY) -> SignedTokens:
    return SignedTokens(key, [PEM], 3600, watch or Watch())


def own_kid() -> str:
    return str(jwt.get_unverified_header(tokens().sign(GRANT)[0])["kid"])


def own(**claims: Any) -> str:
    """Give a token with our own signature, and *claims* beside the usual ones; None drops one."""
    named = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    return jwt.encode(named, KEY, algorithm="HS256", headers={"kid": own_kid()})


def foreign(signer: Ed25519PrivateKey = FOREIGN, kid: str | None = None, **claims: Any) -> str:
    headers = {"kid": kid or thumbprint(FOREIGN.public_key())}
    return jwt.encode(CLAIMS | claims, signer, algorithm="EdDSA", headers=headers)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("one_session", [True, False])
@pytest.mark.parametrize("room", [None, "hall 3"])
def test_what_is_signed_is_allowed_as_it_was_granted(one_session: bool, room: str | None) -> None:
    grant = Grant(
        subject="ann", scope=("speak", "view"), seconds=60, one_session=one_session, room=room
    )

    text, expires = tokens().sign(grant)
    found = tokens().check(text)

    assert (found.subject, found.scope) == ("ann", ("speak", "view"))
    assert (found.one_session, found.room) == (one_session, room)
    assert found.expires == expires == NOW + 60


def test_every_token_is_another_and_none_lives_too_long() -> None:
    signer = tokens()

    first, _ = signer.sign(GRANT)
    second, expires = signer.sign(Grant(subject="ann", scope=("view",), seconds=99_999))

    assert signer.check(first).identity != signer.check(second).identity
    assert expires == NOW + 3600


def test_a_viewers_token_lives_longer_and_says_what_the_room_is_called() -> None:
    watch = Watch()
    signer = SignedTokens(KEY, [], 3600, watch, 7200)
    grant = Grant(subject="ann", scope=("view",), seconds=9999, room="r", title="Talk")
    text, expires = signer.sign(grant)
    watch.now += 7100

    found = signer.check(text)

    assert expires == NOW + 7200
    assert (found.room, found.title, found.is_for_viewer) == ("r", "Talk", True)


@pytest.mark.parametrize(
    ("subject", "title", "fits"),
    [("a" * 200, "t" * 200, True), ("ann", "🎤" * 200, True), ("ü" * 200, "🎤" * 200, False)],
)
def test_what_is_signed_is_never_too_long_to_be_read(subject: str, title: str, fits: bool) -> None:
    grant = Grant(subject=subject, scope=("view",), seconds=60, room="r" * 24, title=title)

    if fits:
        assert tokens().check(tokens().sign(grant)[0]).title == title
    else:
        with pytest.raises(BadMessage, match="a shorter title may do"):
            tokens().sign(grant)


@pytest.mark.parametrize(
    "claims", [{"scope": "speak"}, {"scope": "speak view"}, {"scope": "view", "room": None}]
)
def test_no_other_token_lives_as_long(claims: dict[str, Any]) -> None:
    signer = SignedTokens(KEY, [PEM], 3600, Watch(), 7200)
    given = {"room": "r", "exp": NOW + 7200, **claims}

    with pytest.raises(BadSignedToken, match="at most 3600"):
        signer.check(foreign(**{name: value for name, value in given.items() if value}))


def test_a_foreign_key_that_is_configured_may_sign() -> None:
    found = tokens().check(foreign(sessions=1))

    assert (found.subject, found.one_session) == ("ann", True)
    assert found.identity == (thumbprint(FOREIGN.public_key()), "one")


def test_the_thumbprint_is_that_of_the_standard() -> None:
    # RFC 8037, appendix A.3
    x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "="))

    assert thumbprint(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_several_keys_may_sign_while_one_follows_the_other() -> None:
    newer = Ed25519PrivateKey.generate()
    pem = newer.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    signed = SignedTokens(KEY, [PEM, pem], 3600, Watch())

    for signer in (FOREIGN, newer):
        kid = thumbprint(signer.public_key())
        assert signed.check(foreign(signer, kid)).identity[0] == kid


def confused() -> str:
    """Give a token signed by HMAC with the public key's bytes, in the public key's name."""
    head = part({"alg": "HS256", "typ": "JWT", "kid": thumbprint(FOREIGN.public_key())})
    signing_input = f"{head}.{part(CLAIMS)}".encode()
    algorithm = jwt.get_algorithm_by_name("HS256")
    signature = algorithm.sign(signing_input, PEM.encode())
    return f"{signing_input.decode()}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def unsigned(**header: Any) -> str:
    return f"{part({'alg': 'none', 'kid': own_kid()} | header)}.{part(CLAIMS)}."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (unsigned(), "its key did not sign"),
        (unsigned(alg="None"), "its key did not sign"),
        (unsigned(alg="HS256"), "its key did not sign"),
        (unsigned(kid=thumbprint(FOREIGN.public_key())), "its key did not sign"),
        (unsigned(kid=7), "damaged"),
        (confused(), "its key did not sign"),
        (foreign(kid=own_kid()), "its key did not sign"),
        (foreign(Ed25519PrivateKey.generate()), "its key did not sign"),
        (foreign(kid="another"), "a key that is not known here"),
        (jwt.encode(CLAIMS, KEY, algorithm="HS256"), "a key that is not known here"),
        (own(sub="bob").rpartition(".")[0] + "." + own().rpartition(".")[2], "did not sign"),
        (own().rpartition(".")[0] + ".", "its key did not sign"),
        (own()[:-4], "damaged"),
        ("ey.ey.", "damaged"),
        (part([[]]) + ".e30.", "damaged"),
        (base64.urlsafe_b64encode(b'{"a":' + b"[" * 2000).decode() + ".e30.", "damaged"),
        (own(pad="x" * LONGEST), f"expected at most {LONGEST}"),
        (own(iss="somebody"), "signed for somebody else"),
        (own(aud="another"), "signed for somebody else"),
        (own(aud=None), "without 'aud'"),
        (own(iss=None), "without 'iss'"),
        (own(sub=None), "wrong or no 'sub'"),
        (own(jti=None), "wrong or no 'jti'"),
        (own(jti="x" * 65), "wrong or no 'jti'"),
        (own(exp=None), "wrong or no 'exp'"),
        (own(exp=str(NOW)), "wrong or no 'exp'"),
        (own(exp=float("inf")), "wrong or no 'exp'"),
        (own(exp=float("nan")), "wrong or no 'exp'"),
        (own(exp=True), "wrong or no 'exp'"),
        (own(iat=None), "wrong or no 'iat'"),
        (own(scope=None), "wrong or no 'scope'"),
        (own(scope="speak admin"), "an unknown scope"),
        (own(scope=["speak"]), "wrong or no 'scope'"),
        (own(sessions=2), "wrong or no 'sessions'"),
        (own(exp=NOW + 3700), "signed for 3700 s, expected at most 3600"),
        (own(iat=NOW - 7200), "signed for 7260 s, expected at most 3600"),
        (own(iat=NOW + 20), "of the future"),
        (own(nbf=NOW + 20), "of the future"),
    ],
)
def test_what_is_not_signed_well_is_refused_and_not_shown(text: str, why: str) -> None:
    with pytest.raises(BadSignedToken, match=why) as refused:
        tokens().check(text)

    assert refused.value.status == 403
    assert text not in str(refused.value)
    context = refused.value.__context__
    assert context is None or refused.value.__suppress_context__


@pytest.mark.parametrize("claims", [{"iat": NOW + 9}, {"nbf": NOW + 9}, {"exp": NOW - 9}])
def test_clocks_may_differ_a_little(claims: dict[str, float]) -> None:
    assert tokens().check(own(**claims)).subject == "ann"


def test_an_expired_token_is_told_so() -> None:
    watch = Watch()
    text, _ = tokens(watch).sign(GRANT)

    watch.now += 71

    with pytest.raises(TokenExpired, match="expired 11 s ago") as refused:
        tokens(watch).check(text)
    assert (refused.value.status, refused.value.code) == (401, "token_expired")


def test_a_server_with_another_key_takes_none_of_ours() -> None:
    text, _ = tokens(key=bytes(32)).sign(GRANT)

    with pytest.raises(BadSignedToken, match="a key that is not known here"):
        tokens().check(text)


def private_pem() -> str:
    return FOREIGN.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def other_pem() -> str:
    public = generate_private_key(SECP256R1()).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("pem", ["", "no PEM at all", private_pem(), other_pem()])
def test_a_key_of_another_kind_is_refused_at_the_start_and_not_shown(pem: str) -> None:
    with pytest.raises(ConfigError, match=r"public_keys\.1: found something else") as refused:
        SignedTokens(KEY, [PEM, pem], 3600, Watch())

    assert not any(line in str(refused.value) for line in pem.splitlines() if line)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("eyJh.eyJi.c2ln", True),
        ("eyJh.eyJi.", True),
        ("eyJh.eyJi", False),
        ("eyJh.eyJi.c2ln.x", False),
        ("eyJh.ey+i.c2ln", False),
        ("wst_eyJh.eyJi.c2ln", False),
        ("first.second.third", False),
        ("", False),
    ],
)
def test_a_signed_token_is_known_by_its_shape(text: str, expected: bool) -> None:
    assert is_signed(text) is expected


@given(st.text() | st.from_regex(r"ey[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*"))
def test_no_text_is_too_strange(text: str) -> None:
    with pytest.raises(ClientError):
        tokens().check(text)


def test_used_tokens_are_remembered_until_they_expire_and_only_so_many() -> None:
    watch = Watch()
    first, second = (tokens().check(own(jti=name)) for name in ("one", "two"))
    used = UsedTokens(watch, most=1)

    used.add(first)

    assert (first in used, second in used, used.is_full()) == (True, False, True)
    watch.now += 69
    assert used.is_full()
    watch.now += 1
    assert (used.is_full(), first in used) == (False, False)
    with pytest.raises(TokenExpired):
        tokens(watch).check(own())
