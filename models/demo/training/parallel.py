"""Several processes with one thread each, which on a CPU are faster than one process with as many threads."""

import torch
import torch.distributed


def add_arguments(parser):
    parser.add_argument("--rank", type=int, default=0, help="this process, from 0 (default: 0)")
    parser.add_argument("--ranks", type=int, default=1, help="processes in all (default: 1)")
    parser.add_argument("--rendezvous", help="with ranks: a file, not there yet, by which they find each other")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu; cuda was never tried)")


def start(arguments):
    if arguments.ranks > 1:
        torch.set_num_threads(1)
        torch.distributed.init_process_group(
            "gloo", init_method=f"file://{arguments.rendezvous}", rank=arguments.rank, world_size=arguments.ranks
        )


def average_gradients(parameters, ranks):
    """Gives every rank the mean of all ranks' gradients."""
    if ranks == 1:
        return
    flat = torch.cat([p.grad.flatten() for p in parameters])
    torch.distributed.all_reduce(flat)
    flat /= ranks
    for p, gradient in zip(parameters, flat.split([p.numel() for p in parameters])):
        p.grad = gradient.view_as(p)


def from_first(value, ranks):
    """Rank 0's whole number, for all."""
    if ranks == 1:
        return value
    tensor = torch.tensor([value])
    torch.distributed.broadcast(tensor, 0)
    return int(tensor)


def wait_for_all(ranks):
    if ranks > 1:
        torch.distributed.barrier()
