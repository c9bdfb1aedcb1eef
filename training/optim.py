"""Muon for the matrices of the layers, AdamW for the embedding and the gains, one schedule for both.

Source: Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon); AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101).
Does not know: losses, data.
"""
import torch

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)       # quintic coefficients that Muon publishes


def schedule(progress, warm_up=0.02, decay=0.35):
    """Warm-up, stable, linear decay to zero; `progress` in 0..1, result is a factor of the learning rate."""
    if progress < 1 - decay:
        return min(progress / warm_up, 1.0)
    return max(0.0, (1 - progress) / decay)


def orthogonalise(stack, dtype=torch.bfloat16, steps=5):
    """About the nearest orthogonal matrix of each of a stack (n, rows, columns), by Newton-Schulz iteration."""
    a, b, c = NEWTON_SCHULZ
    x = stack.to(dtype)
    is_tall = x.shape[1] > x.shape[2]
    if is_tall:
        x = x.transpose(1, 2).contiguous()
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.transpose(1, 2)
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return (x.transpose(1, 2) if is_tall else x).float().contiguous()


class MuonAdamW:
    """`lr_matrix` drives Muon, `lr_embedding` AdamW; `step(factor)` scales both."""

    def __init__(self, model, lr_matrix=0.01, lr_embedding=8e-3):
        matrices = [(n, p) for n, p in model.named_parameters() if n.startswith("blocks") and p.ndim == 2]
        self.matrices = [p for _, p in matrices]
        self.parts = [2 if n.endswith("gate_up") else 1 for n, _ in matrices]    # gate and up are two matrices
        self.momentum = [torch.zeros_like(p) for p in self.matrices]
        by_muon = set(map(id, self.matrices))
        others = [p for p in model.parameters() if id(p) not in by_muon]
        self.adam = torch.optim.AdamW(others, lr=lr_embedding, betas=(0.9, 0.95), weight_decay=0.0)
        self.lr_matrix, self.lr_embedding = lr_matrix, lr_embedding

    @torch.no_grad()
    def step(self, factor, beta=0.95):
        groups = {}
        for p, momentum, parts in zip(self.matrices, self.momentum, self.parts):
            momentum.lerp_(p.grad, 1 - beta)
            update = p.grad.lerp(momentum, beta)                                 # Nesterov
            groups.setdefault((tuple(p.shape), parts), []).append((p, update))
        for (shape, parts), items in groups.items():                             # one iteration per shape
            rows = shape[0] // parts
            stack = torch.stack([u for _, u in items]).view(len(items) * parts, rows, shape[1])
            rate = factor * self.lr_matrix * max(1, rows / shape[1]) ** 0.5
            for (p, _), update in zip(items, orthogonalise(stack).view(len(items), *shape)):
                p.add_(update, alpha=-rate)
        for group in self.adam.param_groups:
            group["lr"] = self.lr_embedding * factor
        self.adam.step()

    def state_dict(self):
        return dict(adam=self.adam.state_dict(), momentum=self.momentum)

    def load_state_dict(self, state):
        self.adam.load_state_dict(state["adam"])
        for momentum, saved in zip(self.momentum, state["momentum"]):
            momentum.copy_(saved)
