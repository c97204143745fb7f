#pragma once
#include "watch/settings.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace backupwatch {

/// A folder with configuration files, gone at the end.
class ConfigFolder {
  public:
    ConfigFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "config-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        folder_ = pattern;
    }
    ~ConfigFolder() { std::filesystem::remove_all(folder_); }
    ConfigFolder(const ConfigFolder&) = delete;
    ConfigFolder& operator=(const ConfigFolder&) = delete;

    std::filesystem::path path(const std::string& name = "config.yaml") const {
        return folder_ / name;
    }
    std::filesystem::path write(const std::string& text, const std::string& name = "config.yaml") {
        std::filesystem::create_directories(path(name).parent_path());
        std::ofstream(path(name), std::ios::binary) << text;
        return path(name);
    }

    /// What is wrong with config.yaml, as `config.yaml:line:column: message`.
    std::vector<std::string> errors() const {
        const auto loaded = load_settings(path());
        std::vector<std::string> lines;
        if (const auto* errors = std::get_if<ConfigErrors>(&loaded)) {
            for (const ConfigError& error : *errors) lines.push_back(without_folder(error));
        }
        return lines;
    }
    std::vector<std::string> errors_of(const std::string& text) {
        write(text);
        return errors();
    }
    /// Settings of a document without errors; they are reported otherwise.
    Settings settings_of(const std::string& text) {
        auto loaded = load_settings(write(text));
        for (const std::string& line : errors()) ADD_FAILURE() << line;
        return std::holds_alternative<Settings>(loaded) ? std::get<Settings>(loaded) : Settings{};
    }

  private:
    std::string without_folder(const ConfigError& error) const {
        std::string line = to_string(error);
        const std::string prefix = folder_.string() + "/";
        for (auto at = line.find(prefix); at != std::string::npos; at = line.find(prefix)) {
            line.erase(at, prefix.size());
        }
        return line;
    }

    std::filesystem::path folder_;
};

}  // namespace backupwatch
