"""A small OpenID Connect provider on loopback: discovery, authorization code with PKCE, RS256 ID tokens, userinfo."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """What the provider says. `claims` is who logs in; `broken` names what it does wrong."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.claims = {"sub": "7", "preferred_username": "alice", "email": "alice@example.org", "email_verified": True}
        self.broken = ""
        self.challenges: dict[str, str] = {}
        self.nonces: dict[str, str] = {}
        self.asked: list[str] = []

    def authorize(self, address: str) -> str:
        """Do as a person who agrees: return the address to which the provider sends the browser back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self.challenges)}"
        self.challenges[code], self.nonces[code] = query["code_challenge"], query["nonce"]
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def answer(self, path: str, form: dict[str, str]) -> object:
        """Return the JSON for a path, or raise KeyError."""
        self.asked.append(path)
        names = ("authorization", "token", "userinfo")
        known = {
            "/.well-known/openid-configuration": lambda: {
                "issuer": f"{self.url}/another" if self.broken == "issuer" else self.url,
                "jwks_uri": f"{self.url}/keys",
                **{f"{name}_endpoint": f"{self.url}/{name}" for name in names},
            },
            "/keys": lambda: {
                "keys": [jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True) | {"kid": "1"}]
            },
            "/userinfo": lambda: self.claims | ({"sub": "8"} if self.broken == "userinfo" else {}),
            "/token": lambda: self._token(form),
        }
        return known[path]()

    def _token(self, form: dict[str, str]) -> dict[str, str]:
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenges.pop(form["code"])
        claims = {
            "iss": self.url,
            "aud": "inkling",
            "exp": time.time() + 60,
            "iat": time.time(),
            "sub": self.claims["sub"],
            "nonce": "of another log-in" if self.broken == "nonce" else self.nonces.pop(form["code"]),
        }
        if self.broken == "audience":
            claims["aud"] = "another"
        if self.broken == "no id_token":
            return {"access_token": "x"}
        if self.broken == "no nonce":
            del claims["nonce"]
        if self.broken == "expired":
            claims["exp"] = time.time() - 3_600
        if self.broken in {"alg none", "shared secret"}:
            algorithm, secret = ("none", None) if self.broken == "alg none" else ("HS256", "s" * 32)
            return {"access_token": "x", "id_token": jwt.encode(claims, secret, algorithm, headers={"kid": "1"})}
        key = OTHER_KEY if self.broken == "signature" else KEY
        return {"access_token": "x", "id_token": jwt.encode(claims, key, "RS256", headers={"kid": "1"})}


@contextmanager
def open_provider() -> Iterator[Provider]:
    """Serve a provider on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith("/authorization?"):
                return self.do_POST()
            self.send_response(302)  # a browser's person agrees at once
            self.send_header("Location", provider.authorize(self.path))
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            if provider.broken == "down":
                self.send_response(503)
                self.end_headers()
                return
            if provider.broken == "redirect" and not self.path.startswith("/elsewhere"):
                self.send_response(307)
                self.send_header("Location", f"/elsewhere{self.path}")
                self.end_headers()
                return
            data = json.dumps(
                provider.answer(self.path.removeprefix("/elsewhere"), {k: v[0] for k, v in parse_qs(body).items()})
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"<html>" if provider.broken == "no json" else data)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
