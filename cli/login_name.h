// Who runs the program, for the audit of what it does.
#ifndef PAWL_CLI_LOGIN_NAME_H_
#define PAWL_CLI_LOGIN_NAME_H_

#include <string>

namespace pawl::cli {

// $PAWL_ACTOR if it is set, else the name that the system has for the user of
// this process, else "uid N". Main thread only.
std::string LoginName();

}  // namespace pawl::cli

#endif  // PAWL_CLI_LOGIN_NAME_H_
