"""The `reader` library, updating all its feeds once for each line of its input; run in an environment that has it.

    python reading.py FOLDER WORKERS < addresses, an empty line, then a line for each cycle

It writes `ready`, and for each cycle `polled` with the numbers of feeds, of new entries and of faults, and
`published`, though it publishes nothing.
"""

import json
import os
import sys
from itertools import takewhile

import requests.adapters
from reader import make_reader


def main() -> None:
    # It asks the environment for nothing: this is where its HTTP library looks for the usual authorities.
    requests.adapters.DEFAULT_CA_BUNDLE_PATH = os.environ["SSL_CERT_FILE"]
    folder, workers = sys.argv[1:]
    reader = make_reader(f"{folder}/reader.sqlite")
    for url in takewhile(bool, map(str.strip, sys.stdin)):
        reader.add_feed(url)
    print("ready", flush=True)
    for _ in sys.stdin:
        results = list(reader.update_feeds_iter(scheduled=False, workers=int(workers)))
        new = sum(result.value.new for result in results if result.value and not result.error)
        print("polled", json.dumps([len(results), new, sum(bool(r.error) for r in results)]), flush=True)
        print("published", flush=True)
    reader.close()


if __name__ == "__main__":
    main()
