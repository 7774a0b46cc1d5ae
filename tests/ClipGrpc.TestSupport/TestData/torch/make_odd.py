"""Makes odd.bin: what torch.save writes for a module's state with views, shared storages and all supported types.
PyTorchGoldenTests.cs says what is in it. Usage: make_odd.py OUT"""
import sys
import torch

base = torch.arange(24, dtype=torch.float32)
module = torch.nn.Module()
module.weight = torch.nn.Parameter(base.reshape(4, 6).clone())
module.part = torch.nn.Linear(2, 1)
with torch.no_grad():
    module.part.weight.copy_(torch.tensor([[1.5, -2.5]]))
    module.part.bias.fill_(0.25)

state = module.state_dict()  # an OrderedDict with the attribute _metadata
state["parameter"] = module.weight  # a Parameter, not detached
state["view"] = base.reshape(2, 3, 4)[:, 1:, ::2]
state["transposed"] = base.reshape(4, 6).t()
state["permuted"] = base.reshape(2, 3, 4).permute(2, 0, 1)
state["tail"] = base[20:]
state["channels_last"] = base.reshape(1, 2, 3, 4).to(memory_format=torch.channels_last)
state["half"] = base[:5].half()
state["bfloat16"] = base[:5].bfloat16()
state["long"] = torch.arange(5)
state["scalar"] = torch.tensor(4.5)
state["empty"] = torch.zeros(0, 3)
torch.save(state, sys.argv[1])
