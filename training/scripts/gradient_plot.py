"""The plot of gradient_bias.py as SVG written by hand, readable on light and on dark pages.

Does not know: how the figures were measured.
"""
from xml.sax.saxutils import escape

COLORS = {"incremental TBPTT": "#2f7ed8", "reservoir as released": "#d9822b", "reservoir, compensated": "#2e9e5b",
          "two passes, drawn": "#c2459b"}
PANELS = (("bias, in norms of the full gradient", lambda f: f["bias"]), ("s.d. of a draw, likewise", lambda f: f["sd"]),
          ("batch: 1 - cosine of the mean", lambda f: 1 - f["batch_mean_cosine"]),
          ("batch: 1 - cosine of a draw", lambda f: 1 - f["batch_cosine"]))
WIDTH, HEIGHT, LEFT, TOP, GAP = 200, 130, 54, 86, 64
STYLE = ("text{font:12px system-ui,sans-serif;fill:#444}.axis{stroke:#888;fill:none}.grid{stroke:#8884;fill:none}"
         "@media(prefers-color-scheme:dark){text{fill:#ccc}}")


def _ticks(most):
    """About four round steps from 0 to at least `most`."""
    step = next(s * 10.0 ** e for e in range(-4, 9) for s in (1, 2, 5) if s * 10.0 ** e * 5 >= most)
    count = max(1, int(-(-most // step)))
    return [step * i for i in range(count + 1)]


def _panel(x, y, figures, label, value_of):
    """One panel with its lines; x, y of its upper left corner."""
    drawn = [f for f in figures if f["slots"]]
    places = sorted({f["slots"] for f in drawn})
    ticks = _ticks(max(map(value_of, drawn)))
    across = {k: x + WIDTH * (i + 0.5) / len(places) for i, k in enumerate(places)}

    def up(value):
        return y + HEIGHT * (1 - value / ticks[-1])

    out = [f'<text x="{x}" y="{y - 8}">{escape(label)}</text>',
           f'<path class="axis" d="M{x},{y}V{y + HEIGHT}H{x + WIDTH}"/>']
    for tick in ticks:
        out.append(f'<path class="grid" d="M{x},{up(tick):.1f}h{WIDTH}"/>'
                   f'<text x="{x - 6}" y="{up(tick) + 4:.1f}" text-anchor="end">{tick:.4g}</text>')
    for k, at in across.items():
        out.append(f'<text x="{at:.1f}" y="{y + HEIGHT + 16}" text-anchor="middle">{k}</text>')
    for name, color in COLORS.items():
        line = [(across[f["slots"]], up(value_of(f))) for f in drawn if f["name"] == name]
        out.append(f'<polyline fill="none" stroke="{color}" stroke-width="2" points="'
                   + " ".join(f"{a:.1f},{b:.1f}" for a, b in line) + '"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{color}"/>' for a, b in line]
    return out


def write_plot(path, plots):
    """`plots`: [(title, figures)], one row of panels each; figures as gradient_bias.Batch gives them."""
    row = HEIGHT + TOP
    width, height = LEFT + len(PANELS) * (WIDTH + GAP), 34 + len(plots) * row + 24
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
           f'role="img" aria-label="Bias and spread of gradients through memories"><style>{STYLE}</style>']
    for i, (name, color) in enumerate(COLORS.items()):
        x = LEFT + i * 210
        out.append(f'<path d="M{x},18h22" stroke="{color}" stroke-width="3"/>'
                   f'<text x="{x + 28}" y="22">{escape(name)}</text>')
    for r, (title, figures) in enumerate(plots):
        y = 34 + r * row + TOP - 26
        out.append(f'<text x="{LEFT}" y="{y - 32}" style="font-weight:600">{escape(title)}</text>')
        for i, (label, value_of) in enumerate(PANELS):
            out += _panel(LEFT + i * (WIDTH + GAP), y, figures, label, value_of)
    out.append(f'<text x="{LEFT}" y="{height - 8}">across: slots, the encoder graphs that are kept (two passes, drawn: '
               'segments that are encoded again)</text></svg>')
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n")
