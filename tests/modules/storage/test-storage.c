/* SPDX-License-Identifier: Apache-2.0 */
/* The kit against one module: test-storage [GTest options] MODULE.so */
#include "modules/storage/kit.h"

int
main (int argc, char **argv)
{
        if (argc == 5 && g_str_equal (argv[1], "--child"))
                return child_main (argv[2], argv[3], atoi (argv[4]));
        g_test_init (&argc, &argv, NULL);
        if (argc != 2)
                g_error ("usage: test-storage MODULE.so");
        add_batch_tests (argv[1]);
        add_read_tests (argv[1]);
        add_life_tests (argv[1]);
        return g_test_run ();
}
