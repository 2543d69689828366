"""A bad line between two network namespaces, in user space: delay, jitter, loss, bursts, reordering, a bottleneck."""
