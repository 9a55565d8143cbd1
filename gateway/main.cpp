#include <exception>
#include <iostream>

#include "gateway/cli/cli.hpp"

int main(int argc, char** argv) {
  try {
    return gateway::cli::run(argc, argv);
  } catch (const std::exception& failure) {
    // The last of the three places that catch: what arrives here stopped the program.
    std::cerr << "hjemport: " << failure.what() << '\n';
    return 70;  // sysexits.h EX_SOFTWARE
  }
}
