"""A WebSocket client that sends exactly the frames it is told (RFC 6455); Python's standard library only."""
import base64
import os
import socket
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Refused(Exception):
    def __init__(self, status, head, body):
        super().__init__(status)
        self.status, self.head, self.body = status, head, body


class WebSocket:
    def __init__(self, port, path, token=None, headers=None, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(20)
        self.socket.connect(("127.0.0.1", port))
        fields = {
            "Host": "gateway", "Upgrade": "websocket", "Connection": "keep-alive, Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        }
        if token:
            fields["Authorization"] = f"Bearer {token}"
        fields.update(headers or {})
        lines = [f"GET {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in fields.items() if value is not None]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.pending = b""
        while b"\r\n\r\n" not in self.pending:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("no answer to the handshake")
            self.pending += more
        head, self.pending = self.pending.split(b"\r\n\r\n", 1)
        self.head = head.decode()
        status = int(self.head.split()[1])
        if status != 101:
            self.close()
            raise Refused(status, self.head, self.pending)

    def send(self, payload, opcode=TEXT, final=True):
        if isinstance(payload, str):
            payload = payload.encode()
        self.socket.sendall(frame(payload, opcode, final))

    def _exactly(self, count):
        while len(self.pending) < count:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the connection ended")
            self.pending += more
        taken, self.pending = self.pending[:count], self.pending[count:]
        return taken

    def receive(self):
        """The next frame as (opcode, payload)."""
        first, second = self._exactly(2)
        if not first & 0x80 or second & 0x80:
            raise AssertionError("the server fragments or masks")
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self._exactly(8))
        return first & 0x0F, self._exactly(length)

    def text(self):
        opcode, payload = self.receive()
        if opcode != TEXT:
            raise AssertionError(f"expected a text message, got opcode {opcode}: {payload!r}")
        return payload.decode()

    def closed_with(self):
        """Reads to the close frame and gives its code."""
        while True:
            opcode, payload = self.receive()
            if opcode == CLOSE:
                return struct.unpack(">H", payload[:2])[0]

    def close(self):
        self.socket.close()


def frame(payload, opcode=TEXT, final=True, masked=True):
    head = bytes([(0x80 if final else 0) | opcode])
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([mask_bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([mask_bit | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([mask_bit | 127]) + struct.pack(">Q", len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    whole = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return head + mask + bytes(a ^ b for a, b in zip(payload, whole))
