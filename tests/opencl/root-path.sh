#!/usr/bin/env bash
# Prints where the OpenCL root is, unless a command is told another place: $GPUMLP_OPENCL_ROOT, else the user's cache.
echo "${GPUMLP_OPENCL_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/gpumlp/opencl-root}"
