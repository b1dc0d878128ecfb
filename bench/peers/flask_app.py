"""Flask under gunicorn, with inference inside the request; stores nothing."""

from flask import Flask, Response, jsonify, request

from bench.peers.shared_reader import load_reader, read_pictures


def make_app(runtime: str) -> Flask:
    """Return the application. Each gunicorn worker loads the network."""
    app, reader = Flask(__name__), load_reader(runtime)

    @app.get("/health")
    def health() -> str:
        return "ok"

    @app.post("/read")
    def read() -> Response:
        [answer] = read_pictures(reader, [request.get_data()])
        return jsonify(answer)

    return app
