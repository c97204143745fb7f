# The Debian package: `cpack --config build/release/CPackConfig.cmake`. What it holds is what is installed here.
set(here ${CMAKE_SOURCE_DIR}/deploy/debian)
set(made ${CMAKE_BINARY_DIR}/package)

# Packing builds nothing: the program is built by whoever packs, and the tests belong to nobody's package.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# As Debian wants them, and the same bytes each time.
function(install_compressed source name folder)
  file(MAKE_DIRECTORY ${made})
  execute_process(COMMAND gzip -9 -n --stdout ${source} OUTPUT_FILE ${made}/${name}.gz COMMAND_ERROR_IS_FATAL ANY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  install(FILES ${made}/${name}.gz DESTINATION ${folder})
endfunction()

# The manual page is docs/commands.md. Its date is that of the changelog, so that it is the same bytes each time.
find_program(GO_MD2MAN go-md2man REQUIRED)
file(STRINGS ${here}/changelog changelog_signed LIMIT_COUNT 1 REGEX "^ -- ")
string(REGEX REPLACE ".*, ([0-9]+ [A-Z][a-z]+ [0-9]+) .*" "\\1" changelog_date "${changelog_signed}")
set(manual ${CMAKE_SOURCE_DIR}/docs/commands.md)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manual} ${here}/changelog)
file(MAKE_DIRECTORY ${made})
execute_process(
  COMMAND sed -E -e "1c # backupwatch 1 \"${changelog_date}\" \"backupwatch ${PROJECT_VERSION}\" \"User Commands\""
                 -e "2,/^## Name/{/^## Name/!d}" -e "s/^## .*/\\U&/" -e "s/\\[([^]]*)\\]\\([^)]*\\)/\\1/g" ${manual}
  COMMAND ${GO_MD2MAN}
  OUTPUT_FILE ${made}/backupwatch.1 COMMAND_ERROR_IS_FATAL ANY)

install(TARGETS backupwatch RUNTIME DESTINATION bin)
install(PROGRAMS systemd/tell-failure systemd/note-end DESTINATION lib/backupwatch)
install(FILES systemd/backupwatch.service systemd/backupwatch-failure.service DESTINATION lib/systemd/system)
install(FILES systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME backupwatch.conf)
install(FILES systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME backupwatch.conf)
install(FILES deploy/debian/backupwatch.bash-completion DESTINATION share/bash-completion/completions RENAME backupwatch)
install(FILES deploy/prometheus/prometheus.example.yaml deploy/prometheus/backupwatch.rules.yaml
              deploy/prometheus/backups.rules.yaml
        DESTINATION share/backupwatch/prometheus)
install(FILES deploy/grafana/fleet.json deploy/grafana/database.json DESTINATION share/backupwatch/grafana)

# README with its links: what it names lies beside it, or is linked to from there. The demo is for a clone.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/README.md)
execute_process(
  COMMAND sed -E -e "s/\\[deploy.demo.sh\\]\\([^)]*\\)/`deploy\\/demo.sh`/g" -e "s/\\(LICENSE\\)/(copyright)/g" ${CMAKE_SOURCE_DIR}/README.md
  OUTPUT_FILE ${made}/README.md COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${made}/README.md DESTINATION share/doc/backupwatch)
install(DIRECTORY docs DESTINATION share/doc/backupwatch)
install(FILES bench/README.md DESTINATION share/doc/backupwatch/bench)
foreach(kind prometheus grafana)
  file(CREATE_LINK ../../../backupwatch/${kind} ${made}/${kind} SYMBOLIC)
  install(FILES ${made}/${kind} DESTINATION share/doc/backupwatch/deploy)
endforeach()
file(CREATE_LINK /etc/backupwatch/config.example.yaml ${made}/config.example.yaml SYMBOLIC)
install(FILES ${made}/config.example.yaml DESTINATION share/doc/backupwatch)

install(FILES deploy/debian/copyright DESTINATION share/doc/backupwatch)
install(FILES deploy/debian/lintian-overrides DESTINATION share/lintian/overrides RENAME backupwatch)
install_compressed(${here}/changelog changelog share/doc/backupwatch)
install_compressed(${made}/backupwatch.1 backupwatch.1 share/man/man1)

install(FILES config.example.yaml DESTINATION /etc/backupwatch)
install(DIRECTORY DESTINATION /etc/backupwatch/credentials
        DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "The maintainers of backupwatch <maintainers@backupwatch.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "watches, takes and test-restores PostgreSQL backups")
set(CPACK_PACKAGE_DESCRIPTION
"Every night, for every PostgreSQL database, backupwatch takes a dump, restores
it into a throw-away server, compares every row with what was in the source,
and times it. In the morning there is either a proof that the backup restores,
or somebody who knows that it does not: told by e-mail, chat or pager.
.
It drills the dumps that other tools leave as well, and exposes what it knows
as Prometheus metrics.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# PostgreSQL's own programs, of the server's major version or a newer one, do the dumping and restoring.
string(JOIN ", " CPACK_DEBIAN_PACKAGE_RECOMMENDS
  "postgresql-15 | postgresql-16 | postgresql-17 | postgresql-18"
  "postgresql-client-15 | postgresql-client-16 | postgresql-client-17 | postgresql-client-18"
  "zstd" "ca-certificates")
string(JOIN ", " CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus" "bash-completion" "default-mta | mail-transport-agent")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${here}/conffiles ${here}/preinst ${here}/postinst ${here}/prerm ${here}/postrm)
include(CPack)
