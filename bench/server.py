"""An HTTPS server on this machine that answers as the API, its token endpoint and Secrets Manager.

`python -m bench.server FOLDER` prints its port; FOLDER gets the certificate to trust.
"""

import json
import ssl
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from mock_api.graphql_api import HERE

ORDERS = json.loads((HERE / "data" / "orders.json").read_text())
ORDER = json.dumps({"data": {"order": next(iter(ORDERS.values()))}}).encode()
SECRET = json.dumps({"clientId": "shop", "clientSecret": "secret"})
ANSWERS = {
    "/": json.dumps({"SecretString": SECRET}).encode(),
    "/token": b'{"access_token": "token", "expires_in": 3600}',
    "/graphql": ORDER,
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = ANSWERS[self.path]
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        self.wfile.write(f"{head}\r\n\r\n".encode() + body)

    def log_message(self, *_: object) -> None:
        pass


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine and its key."""
    files = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    out = ["-days", "1", "-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run(["openssl", "req", *kind, *subject, *out], check=True, capture_output=True)
    return files


if __name__ == "__main__":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(Path(sys.argv[1])))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()
