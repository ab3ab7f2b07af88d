// Documents as a capture that Wireshark and `onesoup wire decode` read: classic pcap, raw IPv4, TCP with right numbers and checksums,
// HTTP around the documents. Addresses are of the networks for documentation (RFC 5737); packets never passed a wire.

const LINKTYPE_RAW = 101;
const SNAP_BYTES = 65535;
const SERVER = [192, 0, 2, 1];
const SERVER_PORT = 80;
const FIRST_PORT = 49152;
const LAST_PORT = 65535;
const SEGMENT_BYTES = 1400;
const [FIN, SYN, PSH, ACK] = [1, 2, 8, 16];

/**
 * @typedef {object} PassedDocument
 * @property {number} id
 * @property {number | null} requestId of a response: what it answers
 * @property {string} label phones of different labels have different addresses
 * @property {"request" | "response"} direction
 * @property {Uint8Array} bytes
 * @property {string} contentType
 * @property {number} at ms since 1970
 * @property {number | null} [status]
 */

/**
 * @param {PassedDocument[]} documents in their order
 * @param {string} host of the server, for the header
 * @returns {Uint8Array}
 */
export function capture(documents, host) {
  const packets = new Packets();
  const connections = new Connections(packets, [...new Set(documents.map((each) => each.label))]);
  for (const each of documents) {
    connections.of(each)?.pass(each, host);
  }
  connections.close();
  return joined([fileHeader(), ...packets.inOrder()]);
}

/** The connections of all phones: as a browser does, a request takes one that is idle, or opens one. */
class Connections {
  /** @param {Packets} packets @param {string[]} phones */
  constructor(packets, phones) {
    this.packets = packets;
    this.phones = phones;
    /** @type {{label: string, connection: Connection}[]} */
    this.all = [];
    /** @type {Map<number, Connection>} by the request */
    this.waiting = new Map();
  }

  /** Null for the answer to a request that was dropped. @param {PassedDocument} passed @returns {Connection | null} */
  of({ id, requestId, label, direction, at }) {
    if (direction === "response") {
      return this.waiting.get(requestId ?? 0) ?? null;
    }
    const idle = this.all.find((each) => each.label === label && !each.connection.isWaiting)?.connection;
    const connection = idle ?? this.open(label, at);
    this.waiting.set(id, connection);
    return connection;
  }

  /** @param {string} label @param {number} at */
  open(label, at) {
    const address = [198, 51, 100, (this.phones.indexOf(label) % 250) + 1];
    const connection = new Connection(this.packets, address, this.packets.nextPort(), at);
    this.all.push({ label, connection });
    return connection;
  }

  close() {
    this.all.forEach(({ connection }) => connection.close());
  }
}

class Packets {
  constructor() {
    /** @type {{at: number, data: Uint8Array}[]} */
    this.all = [];
    this.port = FIRST_PORT - 1;
  }

  nextPort() {
    this.port = this.port >= LAST_PORT ? FIRST_PORT : this.port + 1;
    return this.port;
  }

  /** @param {number} at @param {Uint8Array} data */
  add(at, data) {
    this.all.push({ at, data });
  }

  /** With the header of each, in time. */
  inOrder() {
    return [...this.all].sort((one, other) => one.at - other.at).flatMap(({ at, data }) => [packetHeader(at, data.length), data]);
  }
}

/** One TCP connection of a phone, from SYN to FIN. */
class Connection {
  /** @param {Packets} packets @param {number[]} address @param {number} port @param {number} at */
  constructor(packets, address, port, at) {
    this.packets = packets;
    this.phone = { address, port, sent: port * 4096 };
    this.server = { address: SERVER, port: SERVER_PORT, sent: port * 8192 };
    this.at = at;
    this.isWaiting = false;
    this.send(this.phone, this.server, SYN);
    this.send(this.server, this.phone, SYN | ACK);
    this.send(this.phone, this.server, ACK);
  }

  /** @param {PassedDocument} passed @param {string} host */
  pass(passed, host) {
    const isRequest = passed.direction === "request";
    const [from, to] = isRequest ? [this.phone, this.server] : [this.server, this.phone];
    const message = joined([new TextEncoder().encode(httpHead(passed, host)), passed.bytes]);
    this.at = Math.max(this.at, passed.at);
    for (let start = 0; start < message.length; start += SEGMENT_BYTES) {
      this.send(from, to, PSH | ACK, message.subarray(start, start + SEGMENT_BYTES));
    }
    this.send(to, from, ACK);
    this.isWaiting = isRequest;
  }

  close() {
    this.send(this.phone, this.server, FIN | ACK);
    this.send(this.server, this.phone, FIN | ACK);
    this.send(this.phone, this.server, ACK);
  }

  /** @param {any} from @param {any} to @param {number} flags @param {Uint8Array} [data] */
  send(from, to, flags, data = new Uint8Array()) {
    const acknowledged = flags & ACK ? to.sent : 0;
    this.packets.add(this.at, ipPacket(from, to, from.sent, acknowledged, flags, data));
    from.sent = (from.sent + data.length + (flags & (SYN | FIN) ? 1 : 0)) >>> 0;
  }
}

/** @param {PassedDocument} passed @param {string} host */
function httpHead({ direction, bytes, contentType, status }, host) {
  const kind = contentType ? [`Content-Type: ${clean(contentType)}`] : [];
  const first = direction === "request" ? ["POST / HTTP/1.1", `Host: ${clean(host)}`] : [`HTTP/1.1 ${status || 200} ${status === 200 ? "OK" : "-"}`];
  return [...first, ...kind, `Content-Length: ${bytes.length}`, "", ""].join("\r\n");
}

/** Nothing that could end a line. @param {string} text */
function clean(text) {
  return text.replace(/[^\x20-\x7e]/g, "?");
}

function fileHeader() {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, 0xa1b2c3d4);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, SNAP_BYTES);
  view.setUint32(20, LINKTYPE_RAW);
  return new Uint8Array(view.buffer);
}

/** @param {number} at @param {number} length */
function packetHeader(at, length) {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint32(0, Math.floor(at / 1000));
  view.setUint32(4, Math.floor((at % 1000) * 1000));
  view.setUint32(8, length);
  view.setUint32(12, length);
  return new Uint8Array(view.buffer);
}

/** IPv4 with a TCP segment in it. @param {any} from @param {any} to */
function ipPacket(from, to, sequence, acknowledged, flags, data) {
  const packet = new Uint8Array(40 + data.length);
  const view = new DataView(packet.buffer);
  packet.set([0x45, 0]);
  view.setUint16(2, packet.length);
  packet.set([0x40, 0, 64, 6], 6); // do not fragment; 64 hops; TCP
  packet.set([...from.address, ...to.address], 12);
  view.setUint16(10, checksum(packet.subarray(0, 20), 0));
  view.setUint16(20, from.port);
  view.setUint16(22, to.port);
  view.setUint32(24, sequence);
  view.setUint32(28, acknowledged);
  packet.set([0x50, flags, 0xff, 0xff], 32); // a header of five words; a window of 65535 bytes
  packet.set(data, 40);
  const pseudo = sum(packet.subarray(12, 20)) + 6 + 20 + data.length;
  view.setUint16(36, checksum(packet.subarray(20), pseudo));
  return packet;
}

/** The Internet checksum (RFC 1071). @param {Uint8Array} bytes @param {number} start */
function checksum(bytes, start) {
  let total = sum(bytes) + start;
  while (total > 0xffff) {
    total = (total & 0xffff) + Math.floor(total / 65536);
  }
  return ~total & 0xffff;
}

/** @param {Uint8Array} bytes */
function sum(bytes) {
  return bytes.reduce((total, byte, at) => total + (at % 2 ? byte : byte * 256), 0);
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
