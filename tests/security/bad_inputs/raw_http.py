"""Requests that are no HTTP, or that two servers would take for different ones."""

from tests.security.bad_inputs.case import Bad

HOST = b"Host: 127.0.0.1\r\n"
POST = b"POST /api/v1/submissions/ HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Authorization: Token {token}\r\nTransfer-Encoding: chunked\r\n"
TYPE = b"Content-Type: application/json\r\n"


def raw(name: str, data: bytes, status: int = 400, code: str = "") -> Bad:
    """Return bytes that are sent as they are. Status 0: the connection is closed without an answer."""
    return Bad(name, "RAW /", status, code, raw=data, who="")


CASES = [
    raw("no HTTP", b"hello\r\n\r\n"),
    raw("bytes", bytes(range(128, 256)) + b"\r\n\r\n"),
    raw("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\r\n\r\n"),
    raw("HTTP/0.9", b"GET /\r\n\r\n"),
    raw("HTTP/2 by knowledge", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    raw("HTTP/9.9", b"GET / HTTP/9.9\r\n" + HOST + b"\r\n"),
    raw("a version of no number", b"GET / HTTP/one\r\n" + HOST + b"\r\n"),
    raw("a method in small letters", b"get / HTTP/1.1\r\n" + HOST + b"\r\n"),
    raw("a method of 100 letters", b"A" * 100 + b" / HTTP/1.1\r\n" + HOST + b"\r\n"),
    raw("two spaces before the version", b"GET /  HTTP/1.1\r\n" + HOST + b"\r\n"),
    raw("a space in the path", b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n"),
    raw("a NUL in the path", b"GET /\0 HTTP/1.1\r\n" + HOST + b"\r\n"),
    raw("bytes in the path", b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n"),
    raw("a path of 5,000 characters", b"GET /" + b"a" * 5_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    raw("a path of 40,000 characters", b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 431),
    raw("101 headers", b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: 1\r\n" % i for i in range(101)) + b"\r\n", 431),
    raw("a header of 9,000 bytes", b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 9_000 + b"\r\n\r\n", 431),
    raw("headers of 40,000 bytes", b"GET / HTTP/1.1\r\n" + (b"X: " + b"a" * 4_000 + b"\r\n") * 10 + b"\r\n", 431),
    raw(
        "headers of 40,000 bytes to the API",
        POST + (b"X: " + b"a" * 4_000 + b"\r\n") * 10 + b"\r\n",
        431,
        "headers_too_large",
    ),
    raw("a head without an end", b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 40_000, 431),
    raw("lines that end in LF", b"GET / HTTP/1.1\nHost: 127.0.0.1\n\n"),
    raw("one line that ends in LF", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\nX: 1\r\n\r\n"),
    raw("a lone CR in a header", b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rb\r\n\r\n"),
    raw("a NUL in a header", b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n"),
    raw("a header without a colon", b"GET / HTTP/1.1\r\n" + HOST + b"Nothing\r\n\r\n"),
    raw("a header without a name", b"GET / HTTP/1.1\r\n" + HOST + b": 1\r\n\r\n"),
    raw("a space before the colon", b"GET / HTTP/1.1\r\n" + HOST + b"X : 1\r\n\r\n"),
    raw("a folded header", b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n"),
    raw("a folded first header", b"GET / HTTP/1.1\r\n" + b" X: a\r\n" + HOST + b"\r\n"),
    raw("two hosts", b"GET / HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n\r\n"),
    raw("no host", b"GET / HTTP/1.1\r\n\r\n"),
    raw("an address of another host", b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
    raw("CONNECT", b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
    raw("two equal lengths", POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
    raw("two lengths", POST + b"Content-Length: 2\r\nContent-Length: 60\r\n\r\n{}"),
    raw("two lengths in one", POST + b"Content-Length: 2, 2\r\n\r\n{}"),
    raw("a negative length", POST + b"Content-Length: -1\r\n\r\n"),
    raw("a length with a plus sign", POST + b"Content-Length: +2\r\n\r\n{}"),
    raw("a hexadecimal length", POST + b"Content-Length: 0x2\r\n\r\n{}"),
    raw("a length with an underscore", POST + b"Content-Length: 1_0\r\n\r\n{}"),
    raw("an empty length", POST + b"Content-Length:\r\n\r\n{}"),
    raw("a length of 5,000 digits", POST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n"),
    raw(
        "a length of a petabyte",
        POST + TYPE + b"Authorization: Token {token}\r\nContent-Length: 999999999999999\r\n\r\n",
        413,
        "too_large",
    ),
    raw("a length and chunks", CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n"),
    raw("chunks and a length", POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    raw("chunks twice", CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    raw("chunks by another name", POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    raw("chunks before another coding", POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
    raw("chunks after a tab", POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n"),
    raw("chunks in HTTP/1.0", CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"\r\n0\r\n\r\n"),
    raw("a good body in chunks", CHUNKED + TYPE + b"\r\n2\r\n{}\r\n0\r\n\r\n", 411, "length_required"),
    raw("a chunk of no size", CHUNKED + TYPE + b"\r\nxyz\r\n{}\r\n0\r\n\r\n", 411, "length_required"),
    raw("a chunk of a huge size", CHUNKED + TYPE + b"\r\nffffffffffffffff\r\n{}\r\n", 411, "length_required"),
    raw("an unfinished chunk", CHUNKED + TYPE + b"\r\nff\r\n{", 411, "length_required"),
    raw(
        "a form in chunks",
        b"POST /accounts/login/ HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\n7\r\nlogin=a\r\n0\r\n\r\n",
        403,
    ),
    raw("half a body", POST + TYPE + b"Content-Length: 200\r\n\r\n{", 408, "incomplete"),
    raw("half a head", POST + b"Content-Le", 0),
    raw("an expectation of no kind", POST + b"Expect: a miracle\r\nContent-Length: 2\r\n\r\n{}", 417),
    raw(
        "an underscore for a hyphen", POST + b"Content_Length: 2\r\nContent-Length: 0\r\n\r\n", 401, "not_authenticated"
    ),
]
