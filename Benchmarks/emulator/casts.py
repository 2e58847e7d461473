#!/usr/bin/env python3
"""Makes an asciicast v2 of a stream of terminal output: casts.py STREAM BYTES FILE

Events of 64 to 4,000 characters, 13 ms apart, from places all over the stream, until the file has
so many bytes. Text outside ASCII stands as itself, controls as \\u001b and the like.
"""
import json
import sys

stream, size, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with open(stream, "rb") as file:
    text = file.read().decode("utf-8", "replace")
written, number = 0, 0
with open(path, "w", encoding="utf-8") as out:
    out.write('{"version": 2, "width": 132, "height": 43, "timestamp": 1700000000}\n')
    while written < size:
        place = number * 3001 % max(1, len(text) - 4000)
        length = (64, 512, 1500, 4000)[number % 4]
        data = json.dumps(text[place:place + length], ensure_ascii=False)
        line = f'[{number * 0.013:.6f}, "o", {data}]\n'
        written += len(line.encode())
        out.write(line)
        number += 1
