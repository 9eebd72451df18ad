"""Speaking OpenID Connect: what a provider says of itself, where a person is sent, and what is believed of the answer.

The code flow with PKCE, state and nonce. allauth's own provider is not used: it sends no nonce, takes the algorithm
of a token from the token, prefers unsigned answers to signed ones, and keeps secrets readable.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from django.core.cache import cache

from accesscontrol.services.providers.fetching import NotFetched, checked_address, fetch_json

#: Signed by a key of the provider's own; nothing unsigned, and nothing that our secret signs.
ALGORITHMS = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
DISCOVERY = "/.well-known/openid-configuration"
KEPT_SECONDS, FAILED_SECONDS, LEEWAY_SECONDS = 600, 20, 60
FAILED = " failed"  # in the place of what a provider says of itself, which has no such name
SCOPE = "openid email profile"
#: What the signed token may leave to the provider's other answer.
PROFILE = ("email", "email_verified", "preferred_username", "given_name", "family_name")


class NotBelieved(Exception):
    """What a provider said or did is not what it must be; `code` says what, for the log."""

    def __init__(self, code: str):
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Client:
    """We, as a provider knows us."""

    issuer: str
    client_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class Asking:
    """What a person is sent with, to be compared with what comes back; kept in their session."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Asking:
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


def discover(issuer: str) -> dict[str, Any]:
    """What a provider says of itself, as it is now. Raises NotFetched, NotBelieved."""
    found: dict[str, Any] = fetch_json(issuer.rstrip("/") + DISCOVERY)
    if found.get("issuer") != issuer:
        raise NotBelieved("issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not isinstance(found.get(name), str):
            raise NotBelieved("discovery")
        checked_address(found[name])
    return found


def known(issuer: str) -> dict[str, Any]:
    """The same, of the last ten minutes. Who did not answer is not waited for again at once, by anybody."""
    name = f"provider:{hashlib.sha256(issuer.encode()).hexdigest()}"
    found: dict[str, Any] | None = cache.get(name)
    if found is None:
        try:
            found = discover(issuer)
        except (NotFetched, NotBelieved) as error:
            cache.set(name, {FAILED: error.code}, FAILED_SECONDS)
            raise
        cache.set(name, found, KEPT_SECONDS)
    if FAILED in found:
        raise NotFetched(found[FAILED])
    return found


def address_to_ask(client: Client, asking: Asking, back: str, *, fresh: bool, hint: str = "") -> str:
    """Where a person is sent. back: where they come back to. fresh: they show a factor there now. hint: their address,
    as far as it is known. Raises NotFetched, NotBelieved."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(asking.verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code", "client_id": client.client_id, "redirect_uri": back, "scope": SCOPE,
        "state": asking.state, "nonce": asking.nonce, "code_challenge": challenge, "code_challenge_method": "S256",
        **({"prompt": "login", "max_age": "0"} if fresh else {}), **({"login_hint": hint} if hint else {}),
    }  # fmt: skip
    to: str = known(client.issuer)["authorization_endpoint"]
    return f"{to}{'&' if urlsplit(to).query else '?'}{urlencode(query)}"


def claims_of(client: Client, asking: Asking, back: str, code: str, groups_claim: str) -> dict[str, Any]:
    """What the provider says of the person behind this code. Raises NotFetched, NotBelieved."""
    about = known(client.issuer)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": asking.verifier}
    posted = "client_secret_basic" not in about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    auth = None if posted or not client.secret else (_quoted(client.client_id), _quoted(client.secret))
    if auth is None:
        form |= {"client_id": client.client_id, **({"client_secret": client.secret} if client.secret else {})}
    answer: dict[str, Any] = fetch_json(about["token_endpoint"], form=form, auth=auth)
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise NotBelieved("no_token")
    claims = read_token(client, asking.nonce, token, about)
    return _completed(claims, answer.get("access_token"), about, groups_claim)


def _quoted(text: str) -> str:
    """As RFC 6749 §2.3.1 wants names and secrets before they are joined."""
    return urlencode({"": text})[1:]


def read_token(client: Client, nonce: str, token: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of a signed token that is for us, of now, and the answer to this very question. Raises NotBelieved."""
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise NotBelieved("algorithm")
        claims: dict[str, Any] = jwt.decode(
            token, _key(about["jwks_uri"], header.get("kid"), algorithm), algorithms=[algorithm],
            audience=client.client_id, issuer=client.issuer, leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )  # fmt: skip
    except jwt.PyJWTError as error:
        raise NotBelieved("token") from error
    if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise NotBelieved("nonce")
    party = claims.get("azp")
    if (party is not None or isinstance(claims["aud"], list) and len(claims["aud"]) > 1) and party != client.client_id:
        raise NotBelieved("audience")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise NotBelieved("subject")
    return claims


def _key(address: str, name: object, algorithm: str) -> Any:
    """The key that signed, by its name; where the provider has changed its keys they are read once more."""
    place = f"provider_keys:{hashlib.sha256(address.encode()).hexdigest()}"
    for again in (False, True):
        listed = None if again else cache.get(place)
        if listed is None:
            listed = fetch_json(address).get("keys")
            cache.set(place, listed, KEPT_SECONDS)
        fitting = [one for one in listed if _fits(one, name, algorithm)] if isinstance(listed, list) else []
        if len(fitting) == 1:
            return jwt.PyJWK(fitting[0], algorithm).key
    raise NotBelieved("key")


def _fits(key: object, name: object, algorithm: str) -> bool:
    if not isinstance(key, dict) or key.get("kty") != ALGORITHMS[algorithm]:
        return False
    for_signing = key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm
    return for_signing and (name is None or key.get("kid") == name)


def _completed(claims: dict[str, Any], access: object, about: Mapping[str, Any], groups_claim: str) -> dict[str, Any]:
    """The claims, with those that the provider gives only beside the token; what is signed counts first."""
    wanted = (*PROFILE, groups_claim)
    place = about.get("userinfo_endpoint")
    if not isinstance(place, str) or not isinstance(access, str) or {"email", groups_claim} <= claims.keys():
        return claims
    more = fetch_json(place, bearer=access)
    if more.get("sub") != claims["sub"]:
        raise NotBelieved("other_person")
    if "email" in claims:
        more = {name: value for name, value in more.items() if name not in ("email", "email_verified")}
    return {**{name: more[name] for name in wanted if name in more}, **claims}


def shown_at(claims: Mapping[str, Any]) -> float:
    """When the person last showed a factor there; 0 where the provider does not say, or says nonsense."""
    at = claims.get("auth_time")
    if isinstance(at, bool) or not isinstance(at, int | float):
        return 0
    return float(at) if 0 < at <= time.time() + LEEWAY_SECONDS else 0


__all__ = ["Asking", "Client", "NotBelieved", "NotFetched", "address_to_ask", "claims_of", "discover", "shown_at"]
