#include "probe_run.h"
#include "test_places.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

extern char** environ;

namespace parfocal::crash {

namespace fs = std::filesystem;

Scratch::Scratch(bool in_memory) {
  const bool memory = in_memory && ::access("/dev/shm", W_OK) == 0;
  std::string name =
      ((memory ? fs::path("/dev/shm") : fs::temp_directory_path()) / "parfocal_crash_XXXXXX")
          .string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  path_ = name;
}
Scratch::~Scratch() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

static std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

static pid_t start(std::vector<std::string> words,
                   const std::map<std::string, std::string>& environment,
                   const fs::path& messages) {
  std::vector<std::string> variables;
  for (char** v = environ; *v != nullptr; ++v) variables.push_back(*v);
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int fd : {1, 2})
    posix_spawn_file_actions_addopen(&actions, fd, messages.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
  pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, words[0].c_str(), &actions, nullptr,
                                   pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + words[0]);
  return pid;
}

int run_command(std::vector<std::string> words,
                const std::map<std::string, std::string>& environment) {
  const pid_t pid = start(std::move(words), environment, "/dev/null");
  int status = 0;
  while (::waitpid(pid, &status, 0) != pid) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

ProbeRun::ProbeRun(const ProbeSpec& spec, const fs::path& folder,
                   const std::map<std::string, std::string>& environment)
    : store_(folder / "store"),
      receipts_(folder / "receipts"),
      messages_(folder.string() + ".err") {
  fs::create_directories(folder);
  std::vector<std::string> words{PARFOCAL_PROBE, store_.string(), receipts_.string()};
  for (std::string& word : spec.arguments()) words.push_back(std::move(word));
  pid_ = start(std::move(words), environment, messages_);
}

ProbeRun::~ProbeRun() {
  if (!ended_) kill();
  wait();
  std::error_code ignored;
  fs::remove(messages_, ignored);
}

void ProbeRun::kill() { ::kill(pid_, SIGKILL); }

bool ProbeRun::has_ended() {
  if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return ended_;
}

int ProbeRun::wait() {
  if (!ended_) ended_ = ::waitpid(pid_, &status_, 0) == pid_;
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
}

std::string ProbeRun::messages() const {
  std::ifstream file(messages_);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace parfocal::crash
