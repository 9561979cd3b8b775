"""Starts hosts on one Linux bridge with Mininet, says how long that took, and stops them."""

import sys
import time

from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo

began = time.time()
net = Mininet(topo=SingleSwitchTopo(int(sys.argv[1])), switch=LinuxBridge, controller=None)
net.start()
print(f"{time.time() - began:.3f}")
net.stop()
