# embed.cmake: puts data files into the binary as byte arrays.
# SPDX-License-Identifier: Apache-2.0
#
#   weighin_embed(TARGET SYMBOL FILE)   adds to TARGET a generated source with
#       const unsigned char SYMBOL[];   the bytes and a closing NUL
#       const size_t SYMBOL_size;       without the NUL
#
# The including code declares both itself: two `extern` lines say where the data comes from.

function(weighin_embed target symbol file)
    get_filename_component(source ${file} ABSOLUTE)
    set(output ${CMAKE_BINARY_DIR}/generated/embed/${symbol}.c)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DSYMBOL=${symbol} -DINPUT=${source} -DOUTPUT=${output}
                -P ${CMAKE_SOURCE_DIR}/base/embed_file.cmake
        DEPENDS ${source} ${CMAKE_SOURCE_DIR}/base/embed_file.cmake
        COMMENT "Embedding ${file}"
        VERBATIM)
    target_sources(${target} PRIVATE ${output})
endfunction()
