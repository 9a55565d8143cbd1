"""A stand-in for the clouds of Withings, Polar, Oura and Dexcom on loopback: renews tokens as they do, gives documents, and fails on
request. Made from their documentation (docs/pulling.md says what is not verified). By itself it serves until interrupted:

    python3 tests/e2e/vendor_cloud.py [PORT]
"""
import http.server
import json
import sys
import threading
import time
import urllib.parse


class VendorCloud:
    def __init__(self, port=0):
        self.lock = threading.Lock()
        self.refresh = {}  # valid refresh token -> user; each can be used once
        self.access = {}  # valid access token -> user
        self.lasting = {}  # Polar's
        self.groups = {}  # user -> Withings groups
        self.samples = {}  # user -> Oura samples
        self.egvs = {}  # user -> Dexcom records
        self.heart_rates = {}  # user -> Polar days
        self.page = 2  # groups or samples of a page
        self.issued = 0
        self.asked = []  # "METHOD path"
        self.faults = []  # one each for the next data requests: "500", "429", "cut", "hang", "garbage"
        self.forget_token_answers = 0  # this many renewals happen and are not answered
        self.released = threading.Event()
        cloud = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                cloud.answer(self, {})

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                cloud.answer(self, dict(urllib.parse.parse_qsl(body)))

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):  # a gateway that is killed resets its connections
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def consent(self, user):
        """A refresh token somebody has just consented to."""
        with self.lock:
            self.issued += 1
            token = f"refresh-secret-{self.issued}"
            self.refresh[token] = user
            return token

    def renew(self, token):
        with self.lock:
            user = self.refresh.pop(token, None)
            if user is None:
                return None
            self.issued += 1
            access, refresh = f"access-secret-{self.issued}", f"refresh-secret-{self.issued}"
            self.access = {known: who for known, who in self.access.items() if who != user}
            self.access[access] = user
            self.refresh[refresh] = user
            return {"userid": user, "access_token": access, "refresh_token": refresh, "expires_in": 10800}

    def answer(self, handler, form):
        path, _, query = handler.path.partition("?")
        query = dict(urllib.parse.parse_qsl(query))
        self.asked.append(f"{handler.command} {handler.path}")
        if path in ("/v2/oauth2", "/oauth/token", "/v3/oauth2/token"):
            return self.token(handler, path, form)
        with self.lock:
            fault = self.faults.pop(0) if self.faults else None
        if fault and self.fail(handler, fault):
            return None
        bearer = handler.headers.get("Authorization", "").removeprefix("Bearer ")
        user = self.access.get(bearer) or self.lasting.get(bearer)
        if path == "/measure":
            return self.withings(handler, user, form)
        if user is None:
            return self.send(handler, 401, {"status": 401, "title": "Invalid Access token"})
        if path == "/v2/usercollection/heartrate":
            return self.oura(handler, user, query)
        if path == "/v3/users/self/egvs":
            return self.dexcom(handler, user, query)
        if path == "/v3/users/continuous-heart-rate":
            return self.polar(handler, user, query)
        return self.send(handler, 404, {})

    def fail(self, handler, fault):
        if fault == "500":
            self.send(handler, 500, {})
        elif fault == "429":
            self.send(handler, 429, {}, {"Retry-After": "1"})
        elif fault == "garbage":
            self.send(handler, 200, "<html>maintenance</html>")
        elif fault == "cut":
            handler.send_response(200)
            handler.send_header("Content-Length", "5000")
            handler.end_headers()
            handler.wfile.write(b'{"status":0,"body":{')
            handler.close_connection = True
        elif fault == "hang":
            self.released.wait(60)
            handler.close_connection = True
        return True

    def token(self, handler, path, form):
        given = self.renew(form.get("refresh_token"))
        if given and self.forget_token_answers:
            self.forget_token_answers -= 1
            self.released.wait(60)
            handler.close_connection = True
            return None
        if path == "/v2/oauth2":
            if given is None:
                return self.send(handler, 200, {"status": 503, "body": {}, "error": "Invalid Params: invalid refresh_token"})
            return self.send(handler, 200, {"status": 0, "body": given})
        if given is None:
            return self.send(handler, 400, {"error": "invalid_grant"})
        given.pop("userid")
        return self.send(handler, 200, given)

    def withings(self, handler, user, form):
        if user is None:
            return self.send(handler, 200, {"status": 401, "body": {}, "error": "invalid_token"})
        start = int(form.get("offset", 0))
        groups = [group for group in self.groups.get(user, []) if group["modified"] >= int(form["lastupdate"])]
        more = start + self.page < len(groups)
        body = {"updatetime": int(time.time()), "timezone": "Europe/Oslo", "measuregrps": groups[start:start + self.page]}
        body |= {"more": 1, "offset": start + self.page} if more else {"more": 0, "offset": 0}
        return self.send(handler, 200, {"status": 0, "body": body})

    def oura(self, handler, user, query):
        start = int(query.get("next_token", "t0")[1:])
        inside = [one for one in self.samples.get(user, []) if query["start_datetime"] <= one["timestamp"] < query["end_datetime"]]
        more = start + self.page < len(inside)
        token = f"t{start + self.page}" if more else None
        return self.send(handler, 200, {"data": inside[start:start + self.page], "next_token": token})

    def dexcom(self, handler, user, query):
        inside = [one for one in self.egvs.get(user, []) if query["startDate"] <= one["systemTime"][:19] < query["endDate"]]
        frame = {"recordType": "egv", "recordVersion": "3.0", "userId": f"dexcom-{user}", "records": inside}
        return self.send(handler, 200, frame)

    def polar(self, handler, user, query):
        days = [day for day in self.heart_rates.get(user, []) if query["from"] <= day["date"] <= query["to"]]
        if not days:
            return self.send(handler, 204, None)
        link = f"https://www.polaraccesslink.com/v3/users/{user}"
        return self.send(handler, 200, {"heart_rates": [{"polar_user": link, **day} for day in days]})

    def send(self, handler, status, content, headers=None):
        body = b"" if content is None else content.encode() if isinstance(content, str) else json.dumps(content).encode()
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        if status != 204:
            handler.send_header("Content-Length", str(len(body)))
            handler.send_header("Content-Type", "application/json")
        handler.end_headers()
        handler.wfile.write(body)


def weight(number, at, grams):
    return {"grpid": number, "attrib": 0, "category": 1, "date": at, "created": at, "modified": at, "deviceid": "scale-1",
            "model": "Body+", "measures": [{"value": grams, "type": 1, "unit": -3}]}


if __name__ == "__main__":
    standing = VendorCloud(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    now = int(time.time())
    standing.groups["12345"] = [weight(i, now - 3600 * (6 - i), 71000 + 100 * i) for i in range(1, 6)]
    print(standing.url, "refresh token of user 12345:", standing.consent("12345"), flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        standing.close()
