"""`ganrt bench suite` with the measurements of the tool itself (`suite_jobs`), for the recorded runs; same options.

python tools/bench_suite.py -o suite.json --html suite.html
python tools/bench_suite.py --quick --only latents -o suite.json
"""

from __future__ import annotations

import sys

from suite_jobs import ENTRIES

from ganrt.__main__ import main
from ganrt.benchmarks import suite

if __name__ == "__main__":
    suite.ENTRIES = (*suite.ENTRIES, *ENTRIES)
    sys.argv[1:1] = ["bench", "suite"]
    main()
