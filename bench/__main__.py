"""Every measurement of the budgets: python -m bench, or make bench."""

import os
import subprocess
import sys

PARTS = (
    "bench.engine",
    "bench.pages",
    "bench.steps",
    "bench.growth",
    "bench.feel",
    "bench.calendars",
    "bench.migration",
    "bench.configuration",
    "bench.search",
    "bench.clocks",
)

print("load average before:", *(f"{load:.2f}" for load in os.getloadavg()))
for part in PARTS:
    print(f"\n== python -m {part}", flush=True)
    subprocess.run([sys.executable, "-m", part], check=True)  # noqa: S603 - our own modules
print("\n== python -m bench.engine postgresql", flush=True)
subprocess.run([sys.executable, "-m", "bench.engine", "postgresql"], check=True)
print("\nload average after:", *(f"{load:.2f}" for load in os.getloadavg()))
