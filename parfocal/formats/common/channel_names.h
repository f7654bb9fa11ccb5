#pragma once
#include "parfocal/core/channel_names.h"
