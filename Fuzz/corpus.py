#!/usr/bin/env python3
"""The corpus as the repository keeps it: an input a line, in base64.

corpus.py unpack FILE DIRECTORY          a file for each line
corpus.py pack DIRECTORY FILE BYTES      the smallest inputs, as far as BYTES of text go
"""
import base64
import hashlib
import os
import sys

if sys.argv[1] == "unpack":
    if os.path.exists(sys.argv[2]):
        for line in open(sys.argv[2]):
            data = base64.b64decode(line)
            with open(os.path.join(sys.argv[3], hashlib.sha1(data).hexdigest()), "wb") as out:
                out.write(data)
else:
    inputs = sorted(
        (open(entry.path, "rb").read() for entry in os.scandir(sys.argv[2])),
        key=lambda data: (len(data), data))
    left = int(sys.argv[4])
    with open(sys.argv[3], "w") as out:
        for data in inputs:
            line = base64.b64encode(data).decode() + "\n"
            left -= len(line)
            if left < 0:
                break
            out.write(line)
