# SPDX-License-Identifier: Apache-2.0
"""The figures of a contest as a table, as bars that hold or are missed, and as documents."""
import html
import statistics
from dataclasses import dataclass, field

MESSAGE_DEADLINE = 9  # seconds: dns.message_deadline, and one for a machine with a thousand clients


@dataclass
class Bar:
    words: str
    value: float
    limit: float
    at_most: bool = True

    @property
    def holds(self):
        return self.value <= self.limit if self.at_most else self.value >= self.limit

    def __str__(self):
        sign = "<=" if self.at_most else ">="
        return f"{'holds ' if self.holds else 'MISSED'}  {self.value:8.2f} {sign} {self.limit:<6.3g} {self.words}"

    def row(self):
        bound = f"at {'most' if self.at_most else 'least'} {self.limit:.3g}"
        return f"| {self.words} | {self.value:.2f} | {bound} | {'yes' if self.holds else '**no**'} |"


@dataclass
class Findings:
    """verify[SIZE][WHO][FIGURE] and so on; figures are medians with least and most."""
    verify: dict = field(default_factory=dict)
    alone: dict = field(default_factory=dict)
    crowd: dict = field(default_factory=dict)
    sign: dict = field(default_factory=dict)
    memory: dict = field(default_factory=dict)
    calls: dict = field(default_factory=dict)
    cold: list = field(default_factory=list)  # round trips, a value for each pass
    at_once: dict = field(default_factory=dict)  # INDEX -> what situations.at_once() says
    idle: float = 0.0  # KB a connection
    posted: dict = field(default_factory=dict)  # WHO -> messages a second
    bare_signature_ms: float = 0.0

    def cpu(self, size, who):
        if who == "opendkim + opendmarc":
            return self.cpu(size, "opendkim") + self.cpu(size, "opendmarc")
        return self.verify[size][who]["cpu_ms"].median

    def noise(self):
        one, other = self.cpu("2k", "empty"), self.cpu("2k", "empty again")
        return abs(one - other) / min(one, other)

    def bars(self):
        ours = {size: self.cpu(size, "milterward") for size in self.verify}
        bars = [Bar("verify 2 KB: CPU of the empty libmilter filter", ours["2k"] / self.cpu("2k", "empty"), 0.33),
                Bar("verify 2 KB: opendkim + opendmarc cost so many times more",
                    self.cpu("2k", "opendkim + opendmarc") / ours["2k"], 8, False),
                Bar("verify 2 KB: rspamd costs so many times more", self.cpu("2k", "rspamd") / ours["2k"], 2.5, False),
                Bar("verify 20 KB: CPU of the empty libmilter filter",
                    ours["20k"] / self.cpu("20k", "empty"), 0.45)]
        bars += [Bar(f"verify 1 MB: {peer} costs so many times more", self.cpu("1m", peer) / ours["1m"], 3, False)
                 for peer in ("opendkim + opendmarc", "rspamd")]
        signing = {who: figures["cpu_ms"].median for who, figures in self.sign.items()}
        bars.append(Bar("sign: CPU of a bare signature and the conversation alone",
                        signing["milterward signs"] / (self.bare_signature_ms + signing["conversation alone"]), 1.2))
        bars += [Bar(f"sign: {peer} costs so many times more", signing[f"{peer} signs"] / signing["milterward signs"],
                     limit, False) for peer, limit in (("opendkim", 4), ("rspamd", 2))]
        bars.append(Bar("latency, one client, p50 of rspamd's",
                        self.alone["milterward"]["p50"].median / self.alone["rspamd"]["p50"].median, 1 / 3))
        if self.calls.get("milterward"):
            bars.append(Bar("system calls a message", self.calls["milterward"] / 200, 25))
        rss, private = self.memory["milterward"]
        bars += [Bar("RSS in MB", rss, 24), Bar("private memory in MB", private, 10),
                 Bar("CPU a message at 50 connections, of that at one",
                     self.crowd["milterward"]["cpu_ms"].median / self.alone["milterward"]["cpu_ms"].median, 1.25)]
        return bars + self._situation_bars()

    def _situation_bars(self):
        flat, many = self.at_once["flat"], self.at_once["many"]
        posted = {who: rate.median for who, rate in self.posted.items()}
        return [
            Bar("cold, DNS 50 ms away: round trips of the median message", statistics.median(self.cold), 3.2),
            Bar("1,000 messages at once, DNS 1 s away: seconds of the slowest", flat["slowest"], 1.8),
            Bar("the same: questions asked", flat["questions"], 900),
            Bar("1,000 at once with 4,000 questions: messages without an answer", 1000 - many["answered"], 0),
            Bar("the same: seconds of the slowest", many["slowest"], MESSAGE_DEADLINE),
            Bar("an idle connection, in KB", self.idle, 24),
            Bar("messages/s through Postfix, of Postfix with rspamd", posted["milterward"] / posted["rspamd"], 1.1, False),
            Bar("messages/s through Postfix, of Postfix with opendkim + opendmarc",
                posted["milterward"] / posted["opendkim + opendmarc"], 2, False),
            Bar("messages/s through Postfix, of Postfix alone", posted["milterward"] / posted["alone"], 0.65, False)]

    def rows(self):
        empty = self.cpu("2k", "empty")
        for size, by_name in self.verify.items():
            for who, figures in by_name.items():
                yield [f"verify {size}", who, str(figures["cpu_ms"]),
                       f"{figures['cpu_ms'].median / self.cpu(size, 'empty'):.2f}", f"{figures['rate'].median:.0f}",
                       f"{figures['p50'].median:.2f}", f"{figures['p99'].median:.2f}",
                       *self._shape(who if size == "2k" else "")]
        for who, figures in self.alone.items():
            yield ["verify 2k, one client", who, str(figures["cpu_ms"]),
                   f"{figures['cpu_ms'].median / empty:.2f}", f"{figures['rate'].median:.0f}",
                   f"{figures['p50'].median:.2f}", f"{figures['p99'].median:.2f}", "", "", ""]
        for who, figures in self.sign.items():
            yield ["sign 2k", who, str(figures["cpu_ms"]), f"{figures['cpu_ms'].median / empty:.2f}",
                   f"{figures['rate'].median:.0f}", f"{figures['p50'].median:.2f}",
                   f"{figures['p99'].median:.2f}", "", "", ""]
        for who, rate in self.posted.items():
            yield ["through Postfix", who, "", "", str(rate), "", "", "", "", ""]

    def _shape(self, who):
        if who not in self.memory:
            return ["", "", ""]
        rss, private = self.memory[who]
        calls = self.calls.get(who)
        return [f"{calls / 200:.0f}" if calls else "", f"{rss:.0f}", f"{private:.1f}"]

    HEAD = ["work", "filter", "CPU ms a message", "of empty", "messages/s", "p50 ms", "p99 ms", "calls", "RSS MB",
            "private MB"]

    def markdown(self):
        lines = ["| " + " | ".join(self.HEAD) + " |", "|" + "---|" * len(self.HEAD)]
        return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in self.rows()])

    def table(self):
        return "\n".join([self.markdown(), "", f"one RSA-2048 signature by libcrypto: {self.bare_signature_ms:.3f} ms",
                          "", *map(str, self.bars())])

    def write(self, directory):
        aims = "\n".join(["| what | measured | aim | held |", "|---|---|---|---|", *(bar.row() for bar in self.bars())])
        directory.joinpath("benchmarks.md").write_text(
            "# What a message costs\n\nWritten by `tests/bench/run`: medians of interleaved passes on one machine, "
            "least and most in brackets. Compare the lines of one table, not tables of two machines.\n\n"
            "![CPU a message, verifying 2 KB](benchmarks.svg)\n\n"
            "Ten clients at once, unless it says one; mail of 200 domains; every answer of DNS is in the cache. "
            "*empty* is a filter on libmilter that answers each step and looks at nothing. *calls* are system calls "
            "a message; *private* is what no other process shares.\n\n"
            + self.markdown() + "\n\nWhat Milterward aims at, and whether it held in this run:\n\n" + aims + "\n")
        directory.joinpath("benchmarks.svg").write_text(self.chart())

    def chart(self):
        """Horizontal bars: CPU a message when verifying 2 KB."""
        figures = [(who, figures["cpu_ms"].median) for who, figures in self.verify["2k"].items()
                   if who != "empty again"]
        most = max(value for _, value in figures)
        rows = []
        for at, (who, value) in enumerate(sorted(figures, key=lambda pair: pair[1])):
            y, width = 40 + 30 * at, 380 * value / most
            rows.append(f'<text x="175" y="{y + 14}" text-anchor="end">{html.escape(who)}</text>'
                        f'<rect x="185" y="{y}" width="{width:.0f}" height="20" rx="3" fill="'
                        f'{"#2b7a4b" if who.startswith("milterward") else "#8892a0"}"/>'
                        f'<text x="{192 + width:.0f}" y="{y + 14}">{value:.2f}</text>')
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {60 + 30 * len(figures)}" role="img" '
                'font-family="sans-serif" font-size="13" fill="#333"><title>CPU milliseconds a message, verifying '
                '2 KB</title><rect width="100%" height="100%" fill="#fff"/><text x="20" y="24" font-weight="bold">'
                f'CPU milliseconds a message, verifying 2 KB</text>{"".join(rows)}</svg>\n')
