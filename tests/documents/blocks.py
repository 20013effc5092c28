# SPDX-License-Identifier: Apache-2.0
"""The code blocks of a document, each of a kind that a test can play:

    sh      commands, as the root of a host gives them, ended by the first that fails
    text    what the commands of the sh block before it print; "..." stands for anything
    toml    a whole configuration
    mc      a line of sendmail.mc
"""
import re

KINDS = ("sh", "text", "toml", "mc")


class Block:
    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line
        self.says = []  # of commands: the lines that must be among what they print

    def unsaid(self, said):
        """The lines that are missing in what the commands printed."""
        lines = said.splitlines()
        return [wanted for wanted in self.says
                if not any(re.fullmatch(".*".join(map(re.escape, wanted.split("..."))), line)
                           for line in lines)]


def blocks_of(text):
    """Blocks in order; "text" is merged into its commands. Raises ValueError with the line."""
    blocks, kind, lines, begin = [], None, [], 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("```"):
            lines.append(line)
        elif kind is None:
            kind, lines, begin = line[3:], [], number
            if kind not in KINDS:
                raise ValueError(f"{number}: a block of kind {kind!r} is played by no test")
        else:
            if kind != "text":
                blocks.append(Block(kind, "\n".join(lines) + "\n", begin))
            elif not blocks or blocks[-1].kind != "sh" or blocks[-1].says:
                raise ValueError(f"{begin}: this text follows no commands")
            else:
                blocks[-1].says = lines
            kind, lines = None, []
    if kind is not None:
        raise ValueError(f"{begin}: a block without end")
    return blocks
