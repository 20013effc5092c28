# SPDX-License-Identifier: Apache-2.0
"""How large the daemon is, sample by sample: as CSV, as SVG, and drawn with characters."""
from dataclasses import astuple, dataclass, fields

_WIDTH, _HEIGHT, _MARGIN = 900, 160, 40
_ROWS = 24  # of the drawing


@dataclass
class Sample:
    seconds: float
    rss_kb: int
    descriptors: int
    threads: int
    messages_a_second: float
    processor_percent: float
    fault: str


# What is watched: its name in Sample, and in words.
SERIES = {"rss_kb": "resident memory, kB", "descriptors": "open descriptors",
          "threads": "threads", "messages_a_second": "messages a second"}


class Curve:
    def __init__(self):
        self.samples = []

    def of(self, name, samples=None):
        return [getattr(sample, name) for sample in samples or self.samples]

    def write(self, directory):
        rows = [",".join(field.name for field in fields(Sample))]
        rows += [",".join(map(str, astuple(sample))) for sample in self.samples]
        directory.joinpath("soak.csv").write_text("\n".join(rows) + "\n")
        directory.joinpath("soak.svg").write_text(self._svg())

    def _svg(self):
        charts = [self._chart(name, words, place * (_HEIGHT + _MARGIN))
                  for place, (name, words) in enumerate(SERIES.items())]
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH + 2 * _MARGIN}" '
                f'height="{len(SERIES) * (_HEIGHT + _MARGIN) + _MARGIN}" font-family="sans-serif" '
                'font-size="12">\n' + "\n".join(charts) + "\n</svg>\n")

    def _chart(self, name, words, top):
        values, last = self.of(name), self.samples[-1].seconds or 1
        most = max(values) or 1
        points = " ".join(f"{_MARGIN + sample.seconds / last * _WIDTH:.1f},"
                          f"{top + _MARGIN + _HEIGHT * (1 - value / most):.1f}"
                          for sample, value in zip(self.samples, values))
        return (f'<text x="{_MARGIN}" y="{top + _MARGIN - 6}">{words}, 0 to {most:g} in '
                f'{last / 60:.0f} minutes</text>\n<polyline fill="none" stroke="#246" '
                f'points="{points}"/>')

    def drawn(self):
        """A row for each span of time, with what was most in it."""
        each = max(1, len(self.samples) // _ROWS)
        lines = [f"{'minute':>7} {'RSS kB':>8} {'fds':>5} {'threads':>7} {'msgs/s':>7} {'CPU %':>6}"]
        most = max(self.of("rss_kb"))
        for at in range(0, len(self.samples), each):
            span = self.samples[at:at + each]
            rss = max(self.of("rss_kb", span))
            rates, shares = self.of("messages_a_second", span), self.of("processor_percent", span)
            lines.append(
                f"{span[0].seconds / 60:7.1f} {rss:8} {max(self.of('descriptors', span)):5} "
                f"{max(self.of('threads', span)):7} {sum(rates) / len(rates):7.1f} "
                f"{sum(shares) / len(shares):6.1f} {'#' * round(30 * rss / most)}")
        return "\n".join(lines)
