"""Small SVG pictures written by hand: lines with error bars over a logarithmic axis, and bars with errors.

Does not know: what the numbers mean.
"""
import math
from xml.sax.saxutils import escape

COLOURS = ("#1f6fb4", "#d1495b", "#3a8f5c", "#8a5fb0", "#b7791f", "#5b6770", "#c2588f", "#2a9d9d")
WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 74, 190, 34, 52


def ticks(low, high, count=5):
    """Round numbers that span [low, high]."""
    span = (high - low) or abs(high) or 1.0
    step = 10 ** math.floor(math.log10(span / count))
    step *= next(m for m in (1, 2, 5, 10) if span / (step * m) <= count)
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _text(x, y, words, anchor="middle", size=12, extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{extra}>{escape(str(words))}</text>'


def _line(x1, y1, x2, y2, colour, width=1.0):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def _page(parts, height=HEIGHT):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
            f'font-family="sans-serif" fill="#222"><rect width="{WIDTH}" height="{height}" fill="#fff"/>'
            + "".join(parts) + "</svg>\n")


def lines(title, x_label, y_label, series, has_zero=True):
    """`series`: name to [(x > 0, y, standard error or None)]; x on a logarithmic axis, y from zero or the lowest."""
    points = [p for rows in series.values() for p in rows]
    xs = sorted({x for x, _, _ in points})
    low = min([y - (e or 0) for _, y, e in points] + [0.0] * has_zero)
    high = max([y + (e or 0) for _, y, e in points] + [0.0] * has_zero)
    high, low = (high + 1e-9, low) if high > low else (low + 1.0, low)
    span = math.log(xs[-1] / xs[0]) or 1.0

    def px(x):
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(x / xs[0]) / span

    def py(y):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (y - low) / (high - low)

    parts = [_text(LEFT, 20, title, "start", 14, ' font-weight="bold"')]
    for y in ticks(low, high):
        parts += [_line(LEFT, py(y), WIDTH - RIGHT, py(y), "#ddd"), _text(LEFT - 8, py(y) + 4, f"{y:g}", "end")]
    for x in xs:
        parts += [_line(px(x), HEIGHT - BOTTOM, px(x), HEIGHT - BOTTOM + 5, "#888"),
                  _text(px(x), HEIGHT - BOTTOM + 20, f"{x:,}")]
    parts += [_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x_label),
              _text(16, HEIGHT / 2, y_label, extra=f' transform="rotate(-90 16 {HEIGHT / 2})"')]
    for n, (name, rows) in enumerate(series.items()):
        colour, rows = COLOURS[n % len(COLOURS)], sorted(rows)
        path = " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y, _ in rows)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, y, error in rows:
            parts.append(f'<circle cx="{px(x):.1f}" cy="{py(y):.1f}" r="3" fill="{colour}"/>')
            if error:
                parts.append(_line(px(x), py(y - error), px(x), py(y + error), colour, 1.5))
        parts += [_line(WIDTH - RIGHT + 12, TOP + 20 * n, WIDTH - RIGHT + 32, TOP + 20 * n, colour, 3),
                  _text(WIDTH - RIGHT + 38, TOP + 20 * n + 4, name, "start")]
    return _page(parts)


def bars(title, x_label, rows):
    """`rows`: [(name, value, standard error or None)], drawn from the top."""
    row_height, left = 24, 190
    height = TOP + BOTTOM + row_height * len(rows)
    low = min([0.0] + [v - (e or 0) for _, v, e in rows])
    high = max([0.0] + [v + (e or 0) for _, v, e in rows])
    high = high if high > low else low + 1.0

    def px(x):
        return left + (WIDTH - left - 40) * (x - low) / (high - low)

    parts = [_text(8, 20, title, "start", 14, ' font-weight="bold"')]
    for x in ticks(low, high):
        parts += [_line(px(x), TOP, px(x), height - BOTTOM, "#ddd"),
                  _text(px(x), height - BOTTOM + 18, f"{x:g}")]
    for n, (name, value, error) in enumerate(rows):
        y = TOP + row_height * n
        begin, end = sorted((px(0), px(value)))
        parts += [f'<rect x="{begin:.1f}" y="{y + 4}" width="{end - begin:.1f}" height="{row_height - 8}" '
                  f'fill="{COLOURS[0] if value >= 0 else COLOURS[1]}" fill-opacity="0.75"/>',
                  _text(left - 8, y + 17, name, "end")]
        if error:
            middle = y + row_height / 2
            parts.append(_line(px(value - error), middle, px(value + error), middle, "#222", 1.5))
    parts.append(_text((left + WIDTH - 40) / 2, height - 12, x_label))
    return _page(parts, height)
