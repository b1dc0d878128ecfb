"""The usual way: Flask under gunicorn, the network asked within the request, nothing stored."""

from flask import Flask, Response, jsonify, request

from bench.peers.reading import load_reader, read_pictures


def make_app(runtime: str) -> Flask:
    """Return the program; each worker process of gunicorn loads the network for itself."""
    app, reader = Flask(__name__), load_reader(runtime)

    @app.get("/health")
    def health() -> str:
        return "well"

    @app.post("/read")
    def read() -> Response:
        [answer] = read_pictures(reader, [request.get_data()])
        return jsonify(answer)

    return app
