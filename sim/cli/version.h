/* SPDX-License-Identifier: MIT */
/* The version that --version of every program prints. */
#ifndef VTR_CLI_VERSION_H
#define VTR_CLI_VERSION_H

#define VTR_VERSION "0.1"

#endif
