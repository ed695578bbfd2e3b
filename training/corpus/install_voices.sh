#!/bin/sh
# Installs the free synthesisers that speak the authored corpus (Debian or Ubuntu; run as root or with sudo).
set -eu
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    festival flite espeak-ng festvox-us-slt-hts festvox-kallpc16k festvox-kdlpc16k
