"""DEFLATE (RFC 1951), because zlib's bytes differ between its builds (zlib-ng) and the zips must not.

Greedy matches over the last place of each four bytes, and one dynamic Huffman block for every 64k tokens. Slower than
zlib and a little larger; the result is plain DEFLATE, which any unpacker reads.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

BLOCK = 1 << 16  # tokens
FAR, LONG, SHORT = 1 << 15, 258, 4
END = 256
ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
MATCH = 1 << 9  # a token from here on is a match: (length << 16 | distance) + MATCH


def _steps(first: int, group: int, count: int) -> list[tuple[int, int]]:
    """Base and extra bits of each symbol: `group` symbols share a number of extra bits, after the first ones have none."""
    found, base = [], first
    for i in range(count):
        extra = max(0, i // group - 1)
        found.append((base, extra))
        base += 1 << extra
    return found


LENGTHS = [*_steps(3, 4, 28), (258, 0)]
DISTANCES = _steps(1, 2, 30)


def _lookup(steps: Sequence[tuple[int, int]], last: int) -> list[int]:
    table = [0] * (last + 1)
    for symbol, (base, extra) in enumerate(steps):
        for value in range(base, min(base + (1 << extra), last + 1)):
            table[value] = symbol
    return table


LENGTH_SYMBOL = _lookup(LENGTHS, LONG)
DISTANCE_SYMBOL = _lookup(DISTANCES, FAR)


def deflate(data: bytes) -> bytes:
    """The data as a raw DEFLATE stream."""
    tokens = _tokens(data)
    blocks = [tokens[i : i + BLOCK] for i in range(0, len(tokens), BLOCK)] or [[]]
    out = _Bits()
    for number, block in enumerate(blocks, start=1):
        _block(out, block, last=number == len(blocks))
    return out.done()


def _tokens(data: bytes) -> list[int]:
    places: dict[bytes, int] = {}
    found: list[int] = []
    at, size = 0, len(data)
    while at < size:
        key = data[at : at + SHORT]
        before = places.get(key, -1)
        places[key] = at
        if before < 0 or at - before > FAR or len(key) < SHORT:
            found.append(data[at])
            at += 1
            continue
        length, most = SHORT, min(LONG, size - at)
        step = 16
        while length + step <= most and data[before + length : before + length + step] == data[at + length : at + length + step]:
            length += step
        while length < most and data[before + length] == data[at + length]:
            length += 1
        found.append((length << 16 | (at - before)) + MATCH)
        for skipped in range(at + 1, min(at + length, size - SHORT), 2):
            places[data[skipped : skipped + SHORT]] = skipped
        at += length
    return found


class _Bits:
    """Bits, the lowest first."""

    def __init__(self) -> None:
        self._out, self._held, self._count = bytearray(), 0, 0

    def put(self, value: int, count: int) -> None:
        """Append the lowest `count` bits of a value."""
        self._held |= value << self._count
        self._count += count
        if self._count >= 1024:
            whole = self._count // 8
            self._out += (self._held & ((1 << whole * 8) - 1)).to_bytes(whole, "little")
            self._held >>= whole * 8
            self._count -= whole * 8

    def done(self) -> bytes:
        """All of them, filled up to whole bytes."""
        return bytes(self._out + self._held.to_bytes((self._count + 7) // 8, "little"))


def _block(out: _Bits, tokens: Sequence[int], *, last: bool) -> None:
    literals, distances = [0] * 286, [0] * 30
    literals[END] = 1
    for token in tokens:
        if token < MATCH:
            literals[token] += 1
        else:
            literals[257 + LENGTH_SYMBOL[(token - MATCH) >> 16]] += 1
            distances[DISTANCE_SYMBOL[(token - MATCH) & 0xFFFF]] += 1
    literal_lengths, distance_lengths = _code_lengths(literals, 15), _code_lengths(distances, 15)
    out.put(int(last), 1)
    out.put(2, 2)
    _header(out, literal_lengths, distance_lengths)
    literal, distance = _codes(literal_lengths), _codes(distance_lengths)
    for token in tokens:
        if token < MATCH:
            out.put(*literal[token])
            continue
        length, back = (token - MATCH) >> 16, (token - MATCH) & 0xFFFF
        symbol = LENGTH_SYMBOL[length]
        out.put(*literal[257 + symbol])
        out.put(length - LENGTHS[symbol][0], LENGTHS[symbol][1])
        symbol = DISTANCE_SYMBOL[back]
        out.put(*distance[symbol])
        out.put(back - DISTANCES[symbol][0], DISTANCES[symbol][1])
    out.put(*literal[END])


def _header(out: _Bits, literals: Sequence[int], distances: Sequence[int]) -> None:
    """The code lengths, each in its own symbol: no runs, which costs some 60 bytes a block and much code."""
    lengths = [*literals, *distances]
    counts = [0] * 19
    for length in lengths:
        counts[length] += 1
    sizes = _code_lengths(counts, 7)
    codes = _codes(sizes)
    out.put(len(literals) - 257, 5)
    out.put(len(distances) - 1, 5)
    out.put(len(ORDER) - 4, 4)
    for symbol in ORDER:
        out.put(sizes[symbol], 3)
    for length in lengths:
        out.put(*codes[length])


def _code_lengths(counts: Sequence[int], longest: int) -> list[int]:
    """Huffman code lengths, at most `longest`: counts are halved until the tree is shallow enough."""
    lengths = [0] * len(counts)
    used = [symbol for symbol, count in enumerate(counts) if count]
    if len(used) < 2:
        for symbol in ((used or [0])[0], 1 if (used or [0])[0] == 0 else 0):
            lengths[symbol] = 1
        return lengths
    heap: list[tuple[int, int, tuple[int, ...]]] = [(counts[symbol], symbol, (symbol,)) for symbol in used]
    heapq.heapify(heap)
    while len(heap) > 1:
        one, two = heapq.heappop(heap), heapq.heappop(heap)
        for symbol in one[2] + two[2]:
            lengths[symbol] += 1
        heapq.heappush(heap, (one[0] + two[0], min(one[1], two[1]), one[2] + two[2]))
    return lengths if max(lengths) <= longest else _code_lengths([count and count // 2 + 1 for count in counts], longest)


def _codes(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """The canonical code of each symbol, bits turned round, with its length."""
    code, found = 0, [(0, 0)] * len(lengths)
    for size in range(1, max(lengths) + 1):
        code <<= 1
        for symbol, length in enumerate(lengths):
            if length == size:
                found[symbol] = (int(f"{code:0{size}b}"[::-1], 2), size)
                code += 1
    return found
