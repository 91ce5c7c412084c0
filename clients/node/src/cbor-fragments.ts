/**
 * Strings of indefinite length (RFC 8949, section 3.2.3) are written by some
 * children and not read by cbor-x.
 */

const BYTES = 2;
const TEXT = 3;
const INDEFINITE = 31;
const BREAK = 0xff;

interface Head {
  major: number;
  info: number;
  /** The length of a string; of no interest otherwise. */
  argument: number;
  end: number;
}

/**
 * The same item with every string in one piece. What is not well-formed stays
 * so: whoever reads the result finds out.
 */
export function joinFragments(cbor: Uint8Array): Uint8Array {
  // As bytes: both heads also occur in contents.
  if (!cbor.includes(0x5f) && !cbor.includes(0x7f)) return cbor;
  const pieces: Uint8Array[] = [];
  let written = 0;
  // The heads of all items, nested or not, follow one another.
  for (let at = 0; at < cbor.length;) {
    const head = readHead(cbor, at);
    if (!isString(head)) {
      at = head.end;
    } else if (head.info !== INDEFINITE) {
      at = head.end + head.argument;
    } else {
      const fragments = readFragments(cbor, head);
      pieces.push(cbor.subarray(written, at), ...fragments.pieces);
      written = at = fragments.end;
    }
  }
  pieces.push(cbor.subarray(written));
  return pieces.length === 1 ? cbor : Buffer.concat(pieces);
}

function isString(head: Head): boolean {
  return head.major === BYTES || head.major === TEXT;
}

/** A head for all fragments, and their contents. */
function readFragments(cbor: Uint8Array, whole: Head) {
  const contents: Uint8Array[] = [];
  let length = 0;
  let at = whole.end;
  while (at < cbor.length && cbor[at] !== BREAK) {
    const head = readHead(cbor, at);
    if (head.major !== whole.major || head.info === INDEFINITE) {
      throw new Error(`byte ${at} is no fragment of a string`);
    }
    at = head.end + head.argument;
    length += head.argument;
    contents.push(cbor.subarray(head.end, at));
  }
  if (at >= cbor.length) throw new Error("a string is cut off");
  return {
    pieces: [stringHead(whole.major, length), ...contents],
    end: at + 1,
  };
}

function stringHead(major: number, length: number): Uint8Array {
  const head = Buffer.alloc(5);
  head[0] = (major << 5) | 26;
  head.writeUInt32BE(length, 1);
  return head;
}

function readHead(cbor: Uint8Array, at: number): Head {
  const initial = cbor[at] ?? 0;
  const major = initial >> 5;
  const info = initial & 31;
  const bytes = info >= 24 && info <= 27 ? 1 << (info - 24) : 0;
  let argument = bytes === 0 ? info : 0;
  for (let i = 1; i <= bytes; ++i)
    argument = argument * 256 + (cbor[at + i] ?? 0);
  return { major, info, argument, end: at + 1 + bytes };
}
