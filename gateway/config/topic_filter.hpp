// Topic filters of MQTT (3.1.1, section 4.7): "+" stands for one level, "#" for the rest; neither for a first level that begins
// with "$".
#pragma once

#include <string_view>

namespace gateway::config {

bool valid_filter(std::string_view filter);
bool matches(std::string_view filter, std::string_view topic);  // both valid

}  // namespace gateway::config
