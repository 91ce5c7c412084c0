#!/usr/bin/python3
"""Writes the hand-made inputs of the corpora: tests/fuzz/corpus/TARGET/NAME.

What a fuzzer has found lies beside them; this removes nothing.
"""
import pathlib

CORPUS = pathlib.Path(__file__).parent / "corpus"


def hexed(text):
    return bytes.fromhex(text)


def head(major, argument):
    """The shortest head of RFC 8949, section 3."""
    if argument < 24:
        return bytes([major << 5 | argument])
    size = next(n for n in (1, 2, 4, 8) if argument < 1 << 8 * n)
    info = {1: 24, 2: 25, 4: 26, 8: 27}[size]
    return bytes([major << 5 | info]) + argument.to_bytes(size, "big")


def text(string):
    return head(3, len(string.encode())) + string.encode()


def message(verb, *fields):
    """One frame's content; fields are integers, texts, or encoded items."""
    items = [text(verb)]
    for field in fields:
        if isinstance(field, int):
            items.append(head(0, field))
        else:
            items.append(text(field) if isinstance(field, str) else field)
    return head(4, len(items)) + b"".join(items)


def frame(content, form="5a"):
    """A frame, with the head of four bytes that the gateway writes."""
    if form == "5a":
        return b"\x5a" + len(content).to_bytes(4, "big") + content
    return head({"bytes": 2, "text": 3}[form], len(content)) + content


HELLO = head(4, 1) + text("hello")
DEEP = b"\x81" * 63 + b"\x80"

TAGGED_7 = hexed("82 64 4c504944 07")
TAGGED_1 = hexed("82 44 52504944 01")
MESSAGES = {
    "send": message("send", 7, 1, HELLO),
    "send_anonymous": message("send", 0, 1, b"\xf6"),
    "send_greatest_ids": message("send", 2**64 - 1, 2**64 - 1, b"\x00"),
    "send_deep": message("send", 7, 1, DEEP),
    "send_too_deep": message("send", 7, 1, b"\x81" + DEEP),
    "send_tagged": message("send", 7, 1, hexed("c1 1a 6502 0000")),
    "send_indefinite": message("send", 7, 1, hexed("bf 7f 6161 ff 9f ff ff")),
    "send_two_payloads": message("send", 7, 1, b"\x00") + b"\x00",
    "send_long_heads": hexed("9a00000004 5b0000000000000004") + b"send"
    + hexed("1b0000000000000007 1900 01 f6"),
    "send_endless_array": b"\x9f" + message("send", 7, 1, b"\x00")[1:] + b"\xff",
    "send_tagged_ids": message("send", TAGGED_7, TAGGED_1, HELLO),
    "link_tagged_ids": message("link", TAGGED_7, TAGGED_1),
    "exit_misplaced_tag": message("exit", TAGGED_1, "normal"),
    "exit_long_reason": message("exit", 7, "r" * 247 + "\u20ac"),
    "send_negative_id": message("send", b"\x20", 1, b"\x00"),
    "send_named": message("send_named", 7, "counter", HELLO),
    "send_named_empty": message("send_named", 7, "", HELLO),
    "send_named_bytes": message("send_named", 7, hexed("43 ff00fe"), HELLO),
    "link": message("link", 7, 1),
    "link_zero": message("link", 0, 0),
    "exit": message("exit", 7, "normal"),
    "exit_no_text": message("exit", 7, 8),
    "transport_error": message("transport_error", "stdin_closed"),
    "unknown_verb": message("monitor", 7, 1),
    "empty_array": b"\x80",
    "no_verb": b"\x81\x00",
    "no_array": b"\xa0",
    "nothing": b"",
    "cut_in_payload": message("send", 7, 1, HELLO)[:-3],
}

ITEMS = {
    "zero": "00",
    "least_negative": "3b ffffffffffffffff",
    "below_int64": "3b 8000000000000000",
    "half_nan": "f9 7e00",
    "double": "fb 3ff199999999999a",
    "bytes": "43 010203",
    "chunked_bytes": "5f 41 01 40 42 0203 ff",
    "chunked_text": "7f 61 61 61 62 ff",
    "chunk_of_wrong_type": "5f 61 61 ff",
    "text_not_utf8": "62 c328",
    "array": "83 01 61 61 f6",
    "endless_array": "9f 01 9f ff ff",
    "map": "a2 61 61 01 61 62 80",
    "endless_map": "bf 61 61 01 ff",
    "map_without_value": "bf 61 61 ff",
    "map_same_key_twice": "a2 61 61 01 61 61 02",
    "map_key_array": "a1 80 a0",
    "map_one_dollar_key": "a1 64 24696e74 01",
    "tag_of_tag": "c1 d9d9f7 00",
    "low_tag": "c6 00",
    "simple": "83 f0 f8 20 f7",
    "simple_too_short": "f8 1f",
    "break_alone": "ff",
    "break_in_array": "82 00 ff",
    "reserved": "1c",
    "array_of_2_to_64": "9b ffffffffffffffff",
    "map_of_2_to_63": "bb 8000000000000000 00 00",
    "string_of_2_to_63": "5b 8000000000000000 00",
    "two_items": "00 00",
    "cut": "82 61 61",
}

JSON = {
    "plain": '{"a":[1,-2,3.5,1e22,true,false,null,"x"],"b":{}}',
    "escapes": r'["\"\\\/\b\f\n\r\t\u20ac\ud83d\ude00\u0000"]',
    "lone_surrogate": r'["\ud800"]',
    "integers": '[9007199254740993,18446744073709551615,-18446744073709551616]',
    "integer_too_large": "18446744073709551616",
    "minus_zero": "[-0,-0.0]",
    "float_too_large": "1e999",
    "forms": '[{"$int":"5"},{"$float":"nan"},{"$float":"-inf"},'
    '{"$bytes":"_-8"},{"$text":"wyg"},{"$simple":23},{"$tag":[1,0]}]',
    "form_map": '{"$map":[[1,"one"],[{"$map":[]},{"$int":"-7"}]]}',
    "form_unknown": '{"$other":1}',
    "form_wrong": '{"$tag":[1]}',
    "two_dollars": '{"$a":1,"$b":2}',
    "same_key_twice": '{"a":1,"a":2}',
    "not_utf8": b'["\xff"]',
    "comment": "[1/*x*/]",
    "deep": "[" * 64 + "]" * 64,
    "too_deep": "[" * 65 + "]" * 65,
    "cut": '{"a":[1',
    "nothing": "",
    "space": " [ 1 , 2 ] \n",
}


def streams():
    """Streams for frame_decoder: limit, number of cuts, cuts, the stream."""
    whole = b"".join(frame(content) for content in MESSAGES.values())
    heads = b"".join(
        frame(b"\x80" * size, form)
        for size in (1, 23, 24, 255, 256)
        for form in ("5a", "bytes", "text")
    )
    yield "every_message", b"\x04\x03\x01\x07\x00" + whole
    yield "byte_by_byte", b"\x04\x00" + whole[:300]
    yield "heads", b"\x04\x02\x05\x03" + heads
    yield "heads_over_limit", b"\x02\x02\x05\x03" + heads
    yield "empty_frames", b"\x00\x01\x02" + b"\x40\x60\x5a\0\0\0\0" * 5
    yield "skip_to_the_end", hexed("03 01 04 5a 00010000") + b"\x80" * 40
    yield "skip_most", hexed("03 00 5a 04000000") + b"\x80"
    yield "announce_too_much", hexed("03 02 01 02 5a 04000001") + b"y"
    yield "announce_2_to_64", hexed("06 01 03 5b ffffffffffffffff") + b"y"
    yield "text_on_stdout", b"\x04\x01\x02Hello from the child\n"
    yield "indefinite_string", hexed("04 01 01 5f 41 00 ff")
    yield "refused_frame", hexed("04 01 02 43 9b 0102 41 80")
    yield "ends_in_head", hexed("04 01 01 5b 0000")
    yield "ends_in_content", hexed("04 01 02 45 8102")


# AttachRequests, as hex.
REQUESTS = {
    "send_named": "0a13 0805 220f 0a0465617374 1204 6563686f 1a01 00",
    "plain_send_named": "0a11 0805 220d 1204 6563686f 1a05 0a03 820102",
    "plain_send": "0a10 0805 1a0c 0a0165 1007 1803 2203 0a01 01",
    "several": "0a07 2205 1a03 0a0101 0a09 1a07 1007 2203 0a0101 0a02 0807",
    "open_link": "0a06 1204 0a026d65 0a04 2a02 1007",
    "two_payloads": "0a0c 220a 1a030a0101 1a030a0102",
    "two_commands_in_one": "0a0b 1a05 22030a0101 2a021007",
    "two_encodings": "0a0a 2208 1a060a0101120131",
    "unknown_fields": "0a09 2205 1a030a0101 7801 1001 13 0801 14 0a02 0805",
    "not_utf8": "0a0a 2208 1201ff 1a030a0101",
    "beyond_ascii": "0a0b 2209 1202c3a9 1a030a0101",
    "id_of_ten_bytes": "0a12 1a10 10ffffffffffffffffff01 22030a0101",
    "cut": "0a07 2205 1a030a0901",
    "empty_command": "0a00 0a00",
}


# The methods that fuzz_rpcs tries, by their number there.
RPCS = 15
RPC_ATTACH = 3
RPC_REQUESTS = {
    "empty": "",
    "unreadable": "0a05 78",
    "unknown_field": "b83e01",
    "text": "0a01 78",
    "numbers": "1007 1801 2002 2803",
    "payload": "1a01 78 2203 0a0101",
    "page": "0a00 1064 1a03 616263",
}


def inputs():
    """(target, name, bytes) of every input."""
    for name, content in MESSAGES.items():
        yield "codec", name, content
    for name, item in ITEMS.items():
        yield "cbor_walker", name, hexed(item)
        yield "words", name, b"\x20" + hexed(item)
        yield "json", f"cbor_{name}", b"c" + hexed(item)
    for name in ("send_deep", "send_too_deep", "send_named_bytes"):
        yield "words", name, b"\x20" + MESSAGES[name]
    yield "words", "printed_text", b"\x08Hello, \xe2\x82\xac \"world\"\r\n\x1b[0m"
    yield "cbor_walker", "deep", DEEP
    yield "cbor_walker", "too_deep", b"\x81" + DEEP
    for name, json in JSON.items():
        encoded = json if isinstance(json, bytes) else json.encode()
        yield "json", f"json_{name}", b"j" + encoded
    for name, request in REQUESTS.items():
        yield "commands", name, hexed(request)
        yield "rpcs", f"attach_{name}", bytes([RPC_ATTACH]) + hexed(request)
    for method in range(RPCS):
        for name, request in RPC_REQUESTS.items():
            yield "rpcs", f"{method}_{name}", bytes([method]) + hexed(request)
    for name, stream in streams():
        yield "frame_decoder", name, stream


def main():
    for target, name, content in inputs():
        path = CORPUS / target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
