"""Means, paired differences and their standard errors over documents.

A document counts once, however many windows it gave: its windows are averaged first. Does not know: models, tables.
"""
import numpy as np


def by_document(values, owner):
    """Mean over the windows of each document; float64 (D)."""
    return np.array([values[owner == d].mean() for d in sorted(set(owner.tolist()))])


def paired(difference):
    """Mean, standard error over documents, and how many documents are better; (D) differences."""
    n = len(difference)
    error = float(difference.std(ddof=1) / n ** 0.5) if n > 1 else None
    return dict(gain=float(difference.mean()), se=error, better=int((difference > 0).sum()), documents=n)


def mean_error(values):
    """Mean and standard error of independent values."""
    values = np.asarray(values, dtype=np.float64)
    error = float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else None
    return dict(mean=float(values.mean()), se=error, n=len(values))


def by_kind(mean, nothing, kinds):
    """[bits per byte, gain over nothing] for each kind of document."""
    return {k: [float(mean[kinds == k].mean()), float((nothing - mean)[kinds == k].mean())] for k in sorted(set(kinds))}


def compare(means, kinds, pairs, costs=None):
    """Rows per reading of the past, and the paired comparisons that decide.

    `means`: reading to bits per byte of each document, "nothing" among them; `pairs`: (better, worse) readings that are
    compared where both are there; `costs`: reading to what it takes (slots, bytes, operations).
    Units    gain = bits per byte of the other minus those of the first: positive is better
    """
    nothing = means["nothing"]
    rows = {name: dict(bits=float(m.mean()), **paired(nothing - m), by_kind=by_kind(m, nothing, kinds),
                       **(costs or {}).get(name, {})) for name, m in means.items()}
    compared = {f"{a} better than {b}": paired(means[b] - means[a]) for a, b in pairs if a in means and b in means}
    raw = rows.get("raw", {}).get("gain")
    share = rows["memory"]["gain"] / raw if raw and "memory" in rows else None
    return dict(conditions=rows, pairs=compared, share_of_raw_gain=share)


def verdict(row, errors=3.0):
    """'better', 'worse' or 'not distinguishable', by whether so many standard errors exclude zero."""
    if row["se"] is None or abs(row["gain"]) <= errors * row["se"]:
        return "not distinguishable"
    return "better" if row["gain"] > 0 else "worse"
